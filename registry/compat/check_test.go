package compat_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/compat"
)

// pair is one case of testdata/pairs.json. Twmb says why the verdict of
// twmb/avro is another one; it is empty where the two agree.
type pair struct {
	Name     string           `json:"name"`
	Writer   string           `json:"writer"`
	Reader   string           `json:"reader"`
	Findings []compat.Finding `json:"findings"`
	Twmb     string           `json:"twmb"`
}

func readPairs(t *testing.T) []pair {
	t.Helper()
	text, err := os.ReadFile("testdata/pairs.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs []pair
	if err := json.Unmarshal(text, &pairs); err != nil {
		t.Fatal(err)
	}
	if len(pairs) < 40 {
		t.Fatalf("%d pairs, want at least 40", len(pairs))
	}
	return pairs
}

func parse(t *testing.T, text string) *avsc.Schema {
	t.Helper()
	s, err := avsc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, p := range readPairs(t) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			got := compat.Check(parse(t, p.Writer), parse(t, p.Reader))
			if diff := cmp.Diff(p.Findings, append([]compat.Finding{}, got...)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckAgreesWithSecondImplementation(t *testing.T) {
	t.Parallel()
	for _, p := range readPairs(t) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			ours := len(compat.Check(parse(t, p.Writer), parse(t, p.Reader))) == 0
			err := avro.CheckCompatibility(avro.MustParse(p.Writer), avro.MustParse(p.Reader))
			if agree := ours == (err == nil); agree != (p.Twmb == "") {
				t.Errorf("ours says %t, twmb/avro says %v, noted difference: %q", ours, err, p.Twmb)
			}
		})
	}
}

// The type of a field is compared as it is by itself, though most fields are seen to fit
// at a glance.
func TestFieldsAsTheirTypes(t *testing.T) {
	t.Parallel()
	types := []string{`"null"`, `"boolean"`, `"int"`, `"long"`, `"float"`, `"double"`, `"bytes"`, `"string"`,
		`{"type":"fixed","name":"F","size":1}`, `{"type":"enum","name":"E","symbols":["A"]}`, `{"type":"array","items":"int"}`}
	for _, a := range types[:9] {
		types = append(types, "["+a+"]", "[["+a+"]]")
		for _, b := range []string{`"int"`, `"double"`, `"string"`} {
			types = append(types, "["+a+","+b+"]", `["null",`+a+`,"boolean",`+b+`,"bytes"]`)
		}
	}
	types = append(types, "[]", "[[]]")
	inField := func(typ string) *avsc.Schema {
		return parse(t, `{"type":"record","name":"R","fields":[{"name":"a","type":`+typ+`}]}`)
	}
	for _, w := range types {
		for _, r := range types {
			want := compat.Check(parse(t, w), parse(t, r))
			for i := range want {
				want[i].Path = strings.TrimSuffix("/fields/0/type"+want[i].Path, "/")
			}
			if diff := cmp.Diff(want, compat.Check(inField(w), inField(r)), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s read as %s (-want +got):\n%s", w, r, diff)
			}
		}
	}
}
