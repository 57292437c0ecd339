package avsc_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry/avsc"
)

const tagged = `{"type":"record","name":"O","namespace":"x","fields":[` +
	`{"name":"list","type":{"type":"array","items":{"type":"record","name":"In","fields":[{"name":"f","type":["null","string"],"confluent:tags":["A"]}]}}},` +
	`{"name":"more","type":{"type":"map","values":["null","In"]}},{"name":"self","type":["null","O"]}],"confluent:tags":["T"]}`

func TestTagged(t *testing.T) {
	t.Parallel()
	s, err := avsc.Parse(tagged)
	if err != nil {
		t.Fatal(err)
	}
	want := []avsc.Tagged{{Path: "x.O", Tags: []string{"T"}}, {Path: "x.In.f", IsField: true, Tags: []string{"A"}}}
	if diff := cmp.Diff(want, s.Tagged()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseTagged(t *testing.T) {
	t.Parallel()
	other, err := avsc.Parse(`{"type":"record","name":"Ref","fields":[{"name":"a","type":"int"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	const plain = `{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"Ref"}]}`
	tag := func(path string, isField bool, tags ...string) []avsc.Tagged {
		return []avsc.Tagged{{Path: path, IsField: isField, Tags: tags}}
	}
	for _, tc := range []struct {
		name, text string
		change     avsc.TagChange
		want       string // "" when it is refused
	}{
		{"nothing", plain, avsc.TagChange{}, plain},
		{
			"record", plain, avsc.TagChange{Add: tag("R", false, "B", "A")},
			`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"Ref"}],"confluent:tags":["B","A"]}`,
		},
		{
			"field", plain, avsc.TagChange{Add: tag("R.a", true, "A", "A")},
			`{"type":"record","name":"R","fields":[{"name":"a","type":"int","confluent:tags":["A"]},{"name":"b","type":"Ref"}]}`,
		},
		{
			"beside others", `{"type":"record","name":"R","fields":[],"confluent:tags":["A"]}`, avsc.TagChange{Add: tag("R", false, "A", "B")},
			`{"type":"record","name":"R","fields":[],"confluent:tags":["A","B"]}`,
		},
		{
			"the last is removed", `{"type":"record","name":"R","fields":[],"confluent:tags":["A"]}`, avsc.TagChange{Remove: tag("R", false, "A", "B")},
			`{"type":"record","name":"R","fields":[]}`,
		},
		{
			"removed after it was added", plain, avsc.TagChange{Add: tag("R", false, "A", "B"), Remove: tag("R", false, "A")},
			`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"Ref"}],"confluent:tags":["B"]}`,
		},
		{"kept where it is", plain, avsc.TagChange{Keep: tag("R.z", true, "A")}, plain},
		{"no such field", plain, avsc.TagChange{Add: tag("R.z", true, "A")}, ""},
		{"no such record", plain, avsc.TagChange{Remove: tag("Z", false, "A")}, ""},
		{"a field is no record", plain, avsc.TagChange{Add: tag("R.a", false, "A")}, ""},
		{"not of a reference", plain, avsc.TagChange{Add: tag("Ref.a", true, "A")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, err := avsc.ParseTagged(tc.text, tc.change, other)
			if tc.want == "" {
				if !errors.Is(err, avsc.ErrInvalid) {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, s.Canonical()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
