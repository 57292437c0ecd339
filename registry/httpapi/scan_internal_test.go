package httpapi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the quick reader takes, the usual one reads alike.
func FuzzScanSchema(f *testing.F) {
	for _, body := range []string{
		`{"schema":"\"int\""}`, ` { "schemaType" : "AVRO" , "schema" : "a\n\t\r\b\f\/\\é" } `, `{}`, `{"schema":"a","schema":"b"}`,
		`{"schema":"\u0041"}`, `{"schema":"a"} x`, `{"schema":"a",}`, `{"Schema":"a"}`, `{"schema":null}`, `{"schema":"` + "\xff" + `"}`,
		`{"schema":"a"}` + "\x00", `{"schema":"a","version":1}`, `{"schema":"` + "\n" + `"}`, `{"schema":"\`, `{"schema":"`, ``, `[`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, ok := scanSchema(body)
		if !ok {
			return
		}
		var want schemaBody
		if err := parseJSON(body, &want); err != nil {
			t.Fatalf("%q is taken: %v", body, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	})
}

// The bodies that clients send must be among those it takes.
func TestScanSchemaTakes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"schema":"\"int\""}`, ` { "schemaType" : "AVRO" , "schema" : "a\n\/\\é" } `} {
		if _, ok := scanSchema([]byte(body)); !ok {
			t.Errorf("%s is left to the usual reader", body)
		}
	}
}

// Members that come again and again are left to the usual reader.
func TestScanSchemaIsBounded(t *testing.T) {
	t.Parallel()
	body := []byte("{" + strings.Repeat(`"schema":"a",`, 1000) + `"schema":"a"}`)
	if _, ok := scanSchema(body); ok {
		t.Error("it reads a thousand members")
	}
}
