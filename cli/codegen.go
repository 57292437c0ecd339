package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/codegen"
)

const defaultSchemas = "schemas/avro"

const codegenLong = `Reads every .avsc file under --schemas, in any order, and writes Go types with
encoders and decoders that use no reflection. Only files that change are written,
each by a rename; files that an earlier run wrote and that are no longer needed
are removed; no other file is touched. Nothing is written when a schema is wrong.
A run that was killed is mended by the next one.

With --check nothing is written: it exits with 3 and shows a diff when the
generated code is stale, which is what CI wants to know. Line ends of Windows are
no difference.

All flags can stand in schemactl.yaml:

  codegen:
    out: events
    optional: pointer        # *T for the union of null and T, not codec.Opt[T]
    decimal: rat             # *big.Rat, not codec.Decimal
    uuid: string             # string, not codec.UUID
    maps: pairs              # codec.Pairs[T], which keeps order, not map[string]T
    pairs:                   # the same for single fields
      - acme.orders.OrderPlaced.labels
    names:                   # Go names of types, fields and symbols
      acme.orders.OrderPlaced: Placed
      acme.orders.OrderPlaced.sku: ArticleNumber
      acme.orders.Status.OPEN: Open`

type codegenOptions struct {
	schemas string
	out     string
	pkg     string
	check   bool
	output  string
	types   codegen.Options
}

func newCodegenCommand(env *Env) *cobra.Command {
	o := &codegenOptions{}
	cmd := &cobra.Command{
		Use:   "codegen",
		Short: "Generate Go types and codecs from Avro schemas",
		Long:  codegenLong,
		Example: `  schemactl codegen --schemas schemas/avro --out events --package events
  schemactl codegen --check
  schemactl codegen --optional pointer --decimal rat`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	f := cmd.Flags()
	f.StringVar(&o.schemas, "schemas", defaultSchemas, "folder of the .avsc files")
	f.StringVar(&o.out, "out", "events", "folder of the generated package")
	f.StringVar(&o.pkg, "package", "", "name of the generated package (default: the last part of --out)")
	f.BoolVar(&o.check, "check", false, "write nothing; exit with 3 when the generated code is stale")
	EnumFlag(cmd, &o.types.Optional, "optional", "opt", "Go form of the union of null and T", "opt", "pointer")
	EnumFlag(cmd, &o.types.Decimal, "decimal", "decimal", "Go form of decimals", "decimal", "rat")
	EnumFlag(cmd, &o.types.UUID, "uuid", "uuid", "Go form of a uuid that is a string", "uuid", "string")
	EnumFlag(cmd, &o.types.Maps, "maps", "map", "Go form of maps", "map", "pairs")
	f.StringSliceVar(&o.types.Pairs, "pairs", nil, "`FIELD` whose map keeps its order, as full.name.of.Record.field (repeatable)")
	f.StringToStringVar(&o.types.Names, "names", nil, "`AVRO=GO`: Go name of a type, a field or a symbol (repeatable)")
	OutputFlag(cmd, &o.output)
	return cmd
}

// generatedFile is the JSON of a line of `codegen`.
type generatedFile struct {
	Path  string `json:"path"`
	State string `json:"state"`
}

func (o *codegenOptions) run(ctx context.Context, env *Env) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	progress := newStepProgress(env.Err, env.Project.Name+" codegen")
	req.Progress = func(p codegen.Progress) { progress.tell(string(p.Step), p.Done, p.Total) }
	work := codegen.Generate
	if o.check {
		work = codegen.Check
	}
	result, err := work(ctx, req)
	progress.end()
	if errors.Is(err, codegen.ErrPackage) || errors.Is(err, codegen.ErrOptions) {
		return &UsageError{err: err}
	}
	if err != nil {
		return err
	}
	if err := o.print(env.Out, result); err != nil {
		return err
	}
	if stale := len(result.Changed()); o.check && stale > 0 {
		return Foundf("%d of %d generated files are stale: run '%s codegen'", stale, len(result.Files), env.Project.Name)
	}
	return nil
}

func (o *codegenOptions) request() (codegen.Request, error) {
	req := codegen.Request{Schemas: os.DirFS(o.schemas), SchemasLabel: o.schemas, Out: o.out, Package: o.pkg, Options: o.types}
	info, err := os.Stat(o.schemas)
	switch {
	case err == nil && info.IsDir():
	case err == nil:
		return req, Usagef("%s is a file: --schemas names the folder of the schemas", o.schemas)
	default:
		return req, Usagef("folder of schemas %s is not there: name it by --schemas", o.schemas)
	}
	if o.out == "" {
		return req, Usagef("no output folder: name it by --out")
	}
	return req, nil
}

// print shows what is stale, or what was done.
func (o *codegenOptions) print(w io.Writer, result *codegen.Result) error {
	if o.output == FormatJSON {
		lines := make([]generatedFile, len(result.Files))
		for i, f := range result.Files {
			lines[i] = generatedFile{f.Path, string(f.State)}
		}
		return PrintJSON(w, lines)
	}
	for _, f := range result.Changed() {
		var err error
		if o.check {
			_, err = w.Write(f.Diff())
		} else {
			_, err = fmt.Fprintf(w, "%-8s %s\n", f.State, f.Path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
