package agreement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	defaults "github.com/schemactl/schemactl/codegen/testdata/defaults/golden"
)

// TestConstructors compares constructors with what the other implementation puts
// in place of fields that are missing.
func TestConstructors(t *testing.T) {
	t.Parallel()
	for _, construct := range constructors {
		r := construct()
		t.Run(typeName(r), func(t *testing.T) {
			t.Parallel()
			schema := parsed(t, r)
			other := bare(t, schema)
			ours, ok := decode(t, other, encoded(t, r)).(map[string]any)
			if !ok {
				t.Fatal("no record")
			}
			required := map[string]any{}
			for _, f := range schema.Get("fields").Elements {
				if name := f.Get("name").Text; f.Get("default") == nil {
					required[name] = ours[name]
				}
			}
			if len(required) == len(ours) {
				return // what is constructed lies deeper
			}
			src, err := other.Encode(required)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, other, src), any(ours), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("defaults (-theirs +ours):\n%s", diff)
			}
		})
	}
}

// TestNestedDefaults looks at a record that has no default but whose fields have.
func TestNestedDefaults(t *testing.T) {
	t.Parallel()
	if got := defaults.NewSettings().Nested.Least; got != 3 {
		t.Errorf("least is %d", got)
	}
}

// TestDefaultsAreFresh changes a default: the next value must not see it.
func TestDefaultsAreFresh(t *testing.T) {
	t.Parallel()
	a, want := defaults.NewSettings(), defaults.NewSettings()
	a.Raw[0], a.List[0][0], a.Part.Limits[0].Most = 9, 9, 9
	a.Table["a"] = a.Table["none"]
	if got := defaults.NewSettings(); !got.Equal(want) || got.Equal(a) {
		t.Errorf("defaults are now %+v", got)
	}
}
