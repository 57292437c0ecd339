package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/compat"
)

func newSchemaDiffCommand(env *Env, o *schemaOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff SUBJECT [VERSION] VERSION|FILE",
		Short: "Show what changed from one version to another, and who can read whom",
		Long: `Shows what changed by meaning: layout, order of members and how types are referred to
make no difference. It then says for each direction whether data can be read:

  backward   the newer schema reads data of the older one
  forward    the older schema reads data of the newer one

With one argument behind SUBJECT, which may be a FILE, that is compared with the latest
version. It exits with 0 whatever it finds; 'check' is for CI.`,
		Example: `  schemactl schema diff payments-value 1 2
  schemactl schema diff payments-value payment.avsc
  schemactl schema diff payments-value 3 - < payment.avsc`,
		Args: cobra.RangeArgs(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			from := registry.Latest
			if len(args) == 3 {
				if from, err = registry.ParseVersion(args[1]); err != nil {
					return Usagef("VERSION %q: want a number from 1, or latest", args[1])
				}
			}
			return o.diff(cmd.Context(), env, c, diffRequest{subject: args[0], from: from, to: args[len(args)-1]})
		},
	}
	o.bindReferences(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}

type diffRequest struct {
	subject string
	from    int
	to      string // a version or a file
}

// diffJSON is the JSON of `schema diff`.
type diffJSON struct {
	From     string        `json:"from"`
	To       string        `json:"to"`
	Changes  []changeJSON  `json:"changes"`
	Backward directionJSON `json:"backward"`
	Forward  directionJSON `json:"forward"`
}

type changeJSON struct {
	Kind string `json:"kind"`
	Path string `json:"path"`
	What string `json:"what"`
}

type directionJSON struct {
	Compatible bool     `json:"compatible"`
	Findings   []string `json:"findings"`
}

func (o *schemaOptions) diff(ctx context.Context, env *Env, c *client.Client, req diffRequest) error {
	older, err := c.Version(ctx, req.subject, req.from)
	if err != nil {
		return err
	}
	newer, label, err := o.diffTo(ctx, env, c, req)
	if err != nil {
		return err
	}
	var parsed [2]*avsc.Schema
	for i, s := range []registry.Schema{older.Schema, newer} {
		if s.Type != registry.Avro && s.Type != "" {
			return fmt.Errorf("only Avro schemas are compared, not %s", s.Type)
		}
		if parsed[i], err = c.Parse(ctx, older.Subject, s); err != nil {
			return fmt.Errorf("%s: %w", []string{fmt.Sprintf("version %d", older.Version), label}[i], err)
		}
	}
	out := diffJSON{From: fmt.Sprintf("version %d", older.Version), To: label, Changes: []changeJSON{}}
	for _, change := range avsc.Diff(parsed[0], parsed[1]) {
		out.Changes = append(out.Changes, changeJSON(change))
	}
	out.Backward = direction(compat.Check(parsed[0], parsed[1]))
	out.Forward = direction(compat.Check(parsed[1], parsed[0]))
	if o.output == FormatJSON {
		return PrintJSON(env.Out, out)
	}
	return out.print(env.Out)
}

// diffTo reads the newer schema: the version of that number, else the file.
func (o *schemaOptions) diffTo(ctx context.Context, env *Env, c *client.Client, req diffRequest) (registry.Schema, string, error) {
	if number, err := registry.ParseVersion(req.to); err == nil {
		e, err := c.Version(ctx, req.subject, number)
		return e.Schema, fmt.Sprintf("version %d", e.Version), err
	}
	s, err := o.schema(env, req.to)
	return s, req.to, err
}

func direction(findings []compat.Finding) directionJSON {
	d := directionJSON{Compatible: len(findings) == 0, Findings: []string{}}
	for _, f := range findings {
		d.Findings = append(d.Findings, f.String())
	}
	return d
}

func (d diffJSON) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s to %s\n", d.From, d.To)
	if len(d.Changes) == 0 {
		b.WriteString("  no change\n")
	}
	for _, c := range d.Changes {
		sign := map[string]string{avsc.Added: "+", avsc.Removed: "-", avsc.Changed: "~"}[c.Kind]
		fmt.Fprintf(&b, "  %s %s: %s\n", sign, c.Path, c.What)
	}
	for _, line := range []struct {
		name string
		directionJSON
	}{{"backward", d.Backward}, {"forward", d.Forward}} {
		verdict := "compatible"
		if !line.Compatible {
			verdict = "not compatible"
		}
		fmt.Fprintf(&b, "%s: %s\n", line.name, verdict)
		for _, f := range line.Findings {
			fmt.Fprintf(&b, "  %s\n", f)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
