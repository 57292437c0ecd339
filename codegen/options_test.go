package codegen_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codegen"
)

func orders() fstest.MapFS {
	return fstest.MapFS{"orders.avsc": {Data: []byte(`{"type":"record","name":"Order","namespace":"acme","fields":[
		{"name":"sku","type":"string"},
		{"name":"labels","type":{"type":"map","values":"string"}},
		{"name":"deep","type":["null",{"type":"array","items":{"type":"map","values":"long"}}]},
		{"name":"status","type":{"type":"enum","name":"Status","symbols":["OPEN","SHUT"]}}]}`)}}
}

func TestOptionProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		options codegen.Options
		want    []string // problems, one by one; none is no error
	}{
		{"none", codegen.Options{}, nil},
		{"the defaults by name", codegen.Options{Optional: "opt", Decimal: "decimal", UUID: "uuid", Maps: "map"}, nil},
		{"unknown values", codegen.Options{Optional: "ptr", Decimal: "Rat", UUID: "bytes", Maps: "list"}, []string{
			`optional is "ptr": want opt or pointer`, `decimal is "Rat": want decimal or rat`,
			`uuid is "bytes": want uuid or string`, `maps is "list": want map or pairs`,
		}},
		{"pairs", codegen.Options{Pairs: []string{"acme.Order.labels", "acme.Order.deep"}}, nil},
		{"pairs that are none", codegen.Options{Pairs: []string{"acme.Order.label", "acme.Order.sku", "acme.Order", "Order.labels"}}, []string{
			"pairs: there is no field acme.Order.label", "pairs: field acme.Order.sku is no map",
			"pairs: acme.Order is no field of a record", "pairs: there is no field Order.labels; there is acme.Order.labels",
		}},
		{"names", codegen.Options{Names: map[string]string{"acme.Order": "Purchase", "acme.Order.sku": "Article", "acme.Status.OPEN": "Open", "acme.Status": "State"}}, nil},
		{"no Go names", codegen.Options{Names: map[string]string{"acme.Order": "order", "acme.Order.sku": "A-B", "acme.Status": "", "acme.Status.OPEN": "_A", "acme.Status.SHUT": "1A"}}, []string{
			`names: "order" for acme.Order is no Go name`, `names: "A-B" for acme.Order.sku is no Go name`, `names: "" for acme.Status is no Go name`,
			`names: "_A" for acme.Status.OPEN is no Go name`, `names: "1A" for acme.Status.SHUT is no Go name`,
		}},
		{"names of nothing", codegen.Options{Names: map[string]string{"acme.Orders": "A", "acme.order": "B"}}, []string{
			"names: there is no type, field or symbol acme.Orders", "names: there is no type, field or symbol acme.order; there is acme.Order",
		}},
		{"one name for two", codegen.Options{Names: map[string]string{"acme.Order": "A", "acme.Status.OPEN": "A", "acme.Order.sku": "A", "acme.Order.deep": "A"}}, []string{
			"names: A is given to both acme.Order.deep and acme.Order.sku", "names: A is given to both acme.Order and acme.Status.OPEN",
		}},
		{"names that are taken", codegen.Options{Names: map[string]string{"acme.Order": "AvroEvents", "acme.Order.sku": "AppendAvro"}}, []string{
			"names: AvroEvents for acme.Order is the name of a function", "names: AppendAvro for acme.Order.sku is the name of a method",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "p")
			_, err := codegen.Generate(t.Context(), codegen.Request{Schemas: orders(), Out: out, Options: tc.options})
			if tc.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, codegen.ErrOptions) {
				t.Fatalf("error %v is not ErrOptions", err)
			}
			got := strings.Split(strings.TrimPrefix(err.Error(), "wrong options: "), "\n")
			for i := range got {
				if i < len(tc.want) && strings.HasPrefix(got[i], tc.want[i]) {
					got[i] = tc.want[i]
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if r, err := codegen.Check(t.Context(), codegen.Request{Schemas: orders(), Out: out}); err != nil || len(r.Changed()) != len(r.Files) {
				t.Errorf("something was written: %v, %v", r, err)
			}
		})
	}
}
