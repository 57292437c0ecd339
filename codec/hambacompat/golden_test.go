package hambacompat_test

import (
	"flag"
	"os"
	"testing"

	"github.com/schemactl/schemactl/codegen"
)

var update = flag.Bool("update", false, "write the golden files")

// The types that the tests give to hamba are what the generator makes today.
func TestTaggedTypesAreGenerated(t *testing.T) {
	t.Parallel()
	req := codegen.Request{
		Schemas:      os.DirFS("testdata/tagged/schemas"),
		SchemasLabel: "schemas",
		Out:          "testdata/tagged/golden",
		Package:      "tagged",
		Options:      codegen.Options{Optional: "pointer", Decimal: "rat", UUID: "string"},
	}
	if *update {
		if _, err := codegen.Generate(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	r, err := codegen.Check(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := r.Diff(); diff != "" {
		t.Errorf("golden files differ, run the test with -update if that is wanted:\n%s", diff)
	}
}
