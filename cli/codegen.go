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

type codegenOptions struct {
	schemas string
	out     string
	pkg     string
	check   bool
	output  string
}

func newCodegenCommand(env *Env) *cobra.Command {
	o := &codegenOptions{}
	cmd := &cobra.Command{
		Use:   "codegen",
		Short: "Generate Go types and codecs from Avro schemas",
		Long: `Reads every .avsc file under --schemas, in any order, and writes Go types with
encoders and decoders that use no reflection. Only files that change are written;
files that an earlier run wrote and that are no longer needed are removed; no
other file is touched. Nothing is written when a schema is wrong.

With --check nothing is written: it exits with 3 and shows a diff when the
generated code is stale, which is what CI wants to know.`,
		Example: `  schemactl codegen --schemas schemas/avro --out events --package events
  schemactl codegen --check`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	f := cmd.Flags()
	f.StringVar(&o.schemas, "schemas", defaultSchemas, "folder of the .avsc files; when the default is not there, the schemas that this binary carries")
	f.StringVar(&o.out, "out", "events", "folder of the generated package")
	f.StringVar(&o.pkg, "package", "", "name of the generated package (default: the last part of --out)")
	f.BoolVar(&o.check, "check", false, "write nothing; exit with 3 when the generated code is stale")
	OutputFlag(cmd, &o.output)
	return cmd
}

// generatedFile is the JSON of a line of `codegen`.
type generatedFile struct {
	Path  string `json:"path"`
	State string `json:"state"`
}

func (o *codegenOptions) run(ctx context.Context, env *Env) error {
	req := codegen.Request{Schemas: os.DirFS(o.schemas), SchemasLabel: o.schemas, Out: o.out, Package: o.pkg}
	if info, err := os.Stat(o.schemas); err != nil || !info.IsDir() {
		if o.schemas != defaultSchemas || env.Project.Schemas == nil {
			return Usagef("folder of schemas %s is not there: name it by --schemas", o.schemas)
		}
		req.Schemas, req.SchemasLabel = env.Project.Schemas, env.Project.Name
	}
	work := codegen.Generate
	if o.check {
		work = codegen.Check
	}
	result, err := work(ctx, req)
	if errors.Is(err, codegen.ErrPackage) {
		return &UsageError{err: err}
	}
	if err != nil {
		return err
	}
	changed := result.Changed()
	if o.output == FormatJSON {
		lines := make([]generatedFile, len(result.Files))
		for i, f := range result.Files {
			lines[i] = generatedFile{f.Path, string(f.State)}
		}
		if err := PrintJSON(env.Out, lines); err != nil {
			return err
		}
	} else if err := o.print(env.Out, result); err != nil {
		return err
	}
	if o.check && len(changed) > 0 {
		return Foundf("%d generated files are stale: run '%s codegen'", len(changed), env.Project.Name)
	}
	return nil
}

// print shows what is stale, or what was done.
func (o *codegenOptions) print(w io.Writer, result *codegen.Result) error {
	if o.check {
		_, err := io.WriteString(w, result.Diff())
		return err
	}
	for _, f := range result.Changed() {
		if _, err := fmt.Fprintf(w, "%-8s %s\n", f.State, f.Path); err != nil {
			return err
		}
	}
	return nil
}
