package codegen_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codegen"
)

func definitions(t *testing.T, files map[string]string) ([]codegen.Definition, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return codegen.Definitions(t.Context(), fsys, "")
}

// brief is a definition in one line: name, topic, uses, text.
func brief(list []codegen.Definition) []string {
	var lines []string
	for _, d := range list {
		lines = append(lines, d.File+" "+d.Name+" "+d.Topic+" ["+strings.Join(d.Uses, " ")+"] "+d.Text)
	}
	return lines
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	const tail = `"fields":[]}`
	for name, tc := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"used ones first, across files, and what is defined inside": {
			map[string]string{
				"a.avsc": `{"type":"record","name":"A","namespace":"n","schemactl.topic":"t","schemactl.key":"k","fields":[{"name":"k","type":"int"},{"name":"z","type":"Z"},{"name":"e","type":"m.E"},{"name":"z2","type":"Z"}]}`,
				"z.avsc": `{"type":"record","name":"Z","namespace":"n","fields":[{"name":"e","type":{"type":"enum","name":"m.E","symbols":["X"]}},{"name":"again","type":"m.E"}]}`,
			},
			[]string{
				`z.avsc n.Z  [] {"type":"record","name":"Z","namespace":"n","fields":[{"name":"e","type":{"type":"enum","name":"m.E","symbols":["X"]}},{"name":"again","type":"m.E"}]}`,
				`a.avsc n.A t [n.Z] {"type":"record","name":"A","namespace":"n","schemactl.topic":"t","schemactl.key":"k","fields":[{"name":"k","type":"int"},{"name":"z","type":"n.Z"},{"name":"e","type":"m.E"},{"name":"z2","type":"n.Z"}]}`,
			},
		},
		"a copy is the type that is defined elsewhere": {
			map[string]string{
				"a.avsc": `{"type":"record","name":"A","fields":[{"name":"b","type":{"type":"record","name":"B",` + tail + `}]}`,
				"b.avsc": `{"type":"record","name":"B",` + tail,
			},
			[]string{
				`a.avsc B  [] {"type":"record","name":"B",` + tail,
				`a.avsc A  [B] {"type":"record","name":"A","fields":[{"name":"b","type":"B"}]}`,
			},
		},
		"a circle": {
			map[string]string{
				"a.avsc": `{"type":"record","name":"A","fields":[{"name":"b","type":["null","B"]}]}`,
				"b.avsc": `[{"type":"record","name":"B","fields":[{"name":"a","type":["null","A"]},{"name":"d","type":"D"}]},{"type":"record","name":"D",` + tail + `]`,
				"c.avsc": `{"type":"record","name":"C","fields":[{"name":"a","type":"B"}]}`,
			},
			[]string{
				`b.avsc D  [] {"type":"record","name":"D",` + tail,
				`a.avsc A  [D] {"type":"record","name":"A","fields":[{"name":"b","type":["null",{"type":"record","name":"B","fields":[{"name":"a","type":["null","A"]},{"name":"d","type":"D"}]}]}]}`,
				`b.avsc B  [D] {"type":"record","name":"B","fields":[{"name":"a","type":["null",{"type":"record","name":"A","fields":[{"name":"b","type":["null","B"]}]}]},{"name":"d","type":"D"}]}`,
				`c.avsc C  [A] {"type":"record","name":"C","fields":[{"name":"a","type":"B"}]}`,
			},
		},
		"an event inside of another type": {
			map[string]string{
				"a.avsc": `{"type":"record","name":"A","fields":[{"name":"b","type":{"type":"record","name":"B","schemactl.topic":"t","schemactl.key":"k","fields":[{"name":"k","type":"int"},{"name":"c","type":{"type":"enum","name":"C","symbols":["X"]}}]}}]}`,
			},
			[]string{
				`a.avsc B t [] {"type":"record","name":"B","schemactl.topic":"t","schemactl.key":"k","fields":[{"name":"k","type":"int"},{"name":"c","type":{"type":"enum","name":"C","symbols":["X"]}}]}`,
				`a.avsc A  [B] {"type":"record","name":"A","fields":[{"name":"b","type":"B"}]}`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := definitions(t, tc.files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, brief(got)); diff != "" {
				t.Errorf("definitions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefinitionsOfReferenceDomain(t *testing.T) {
	t.Parallel()
	got, err := codegen.Definitions(t.Context(), os.DirFS("../schemas/avro"), "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range got {
		names = append(names, d.Name+":"+d.Topic)
	}
	want := []string{
		"schemactl.shared.Money:", "schemactl.events.AccountState:accounts", "schemactl.shared.AccountRef:", "schemactl.shared.Priority:",
		"schemactl.events.MessageCreated:messages", "schemactl.events.MessageDelivered:messages", "schemactl.events.PaymentReceived:payments",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestDefinitionsRefuse(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"no Kafka topic": `{"type":"record","name":"A","schemactl.topic":"a b","fields":[]}`,
		"type B":         `{"type":"record","name":"A","fields":[{"name":"b","type":"B"}]}`,
	} {
		_, err := definitions(t, map[string]string{"a.avsc": text})
		if _, ok := errors.AsType[*codegen.SchemaError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
