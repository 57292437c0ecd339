package httpapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
)

// Bodies that have names exactly are read as encoding/json reads them.
func TestMembersAsUsual(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`null`, `{}`, `{"schema":"a","id":7,"references":[{"name":"n","subject":"s","version":1},null],"unknown":[1]}`,
		`{"metadata":{"tags":{"a":["b"],"c":null},"properties":{"Schema":"kept"},"sensitive":["x"]},"references":null}`,
		`{"metadata":null,"ruleSet":{"domainRules":[{"name":"r","tags":["t"],"params":{"Name":"kept"},"disabled":true}]}}`,
		`{"schemaTagsToAdd":[{"schemaEntity":{"entityPath":"p","entityType":"sr_field"},"tags":["t"]}],"propagateSchemaTags":true}`,
		`{"references":[],"schema":null,"schema":"b","schema":"c"}`,
	} {
		var want, got schemaBody
		if err := json.Unmarshal([]byte(body), &want); err != nil {
			t.Fatal(err)
		}
		if err := parseJSON([]byte(body), &got); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

// Another letter case makes another name, at every depth.
func TestMembersExactly(t *testing.T) {
	t.Parallel()
	var got schemaBody
	body := `{"schema":"a","Schema":"b","ID":1,"references":[{"name":"n","Name":"m","VERSION":2}],"metadata":{"Tags":{"a":["b"]}}}`
	if err := parseJSON([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	want := schemaBody{Schema: "a", References: []registry.Reference{{Name: "n"}}, Metadata: &registry.Metadata{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMembersThatCannotBe(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`[]`:                          `the body cannot be an array`,
		`"x"`:                         `the body cannot be a string`,
		`{"schema":{}}`:               `member "schema" of the body cannot be an object`,
		`{"id":"x"}`:                  `member "id" of the body cannot be a string`,
		`{"references":[{"name":1}]}`: `member "references.name" of the body cannot be a number`,
		`{"references":{}}`:           `member "references" of the body cannot be an object`,
		`{"metadata":[]}`:             `member "metadata" of the body cannot be an array`,
		`{"metadata":{"tags":true}}`:  `member "metadata.tags" of the body cannot be a bool`,
		`{"schema":"a"`:               `the body is not one JSON value`,
	} {
		var into schemaBody
		if err := parseJSON([]byte(body), &into); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}
