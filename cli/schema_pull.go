package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry/tree"
)

// pulledJSON is the JSON of a line of `schema pull`.
type pulledJSON struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
	ID      uint32 `json:"id"`
	Path    string `json:"path"`
	Changed bool   `json:"changed"`
}

func newSchemaPullCommand(env *Env, o *schemaOptions) *cobra.Command {
	t := &treeOptions{}
	var prefix string
	var all bool
	cmd := &cobra.Command{
		Use:   "pull DIR",
		Short: "Write a registry's schemas as files",
		Long: `Writes the newest version of every subject, and of what these refer to, as a folder
that 'push' takes: a file a type, named by its full name, and subjects.json where the
subjects are not those that --strategy gives. Pushing the folder changes nothing; what
would, and what a folder cannot hold, is said on stderr. Files are overwritten where
they differ, and none is removed: use a folder of its own.

With --all-versions it writes SUBJECT/VERSION.avsc for every version, to read and to
compare.`,
		Example: `  schemactl schema pull pulled --prefix payments
  schemactl schema pull history --all-versions`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			naming, err := t.naming()
			if err != nil {
				return err
			}
			if args[0] == "" {
				return Usagef("DIR is empty")
			}
			return o.pull(cmd.Context(), env, tree.PullRequest{Dir: args[0], Prefix: prefix, Naming: naming}, all)
		},
	}
	t.bindNaming(cmd)
	cmd.Flags().StringVar(&prefix, "prefix", "", "take subjects whose names begin so")
	cmd.Flags().BoolVar(&all, "all-versions", false, "write every version, not only the newest")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *schemaOptions) pull(ctx context.Context, env *Env, req tree.PullRequest, all bool) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	work := tree.Pull
	if all {
		work = tree.PullAll
	}
	result, err := work(ctx, c, req)
	if err != nil {
		return err
	}
	for _, note := range result.Notes {
		fmt.Fprintf(env.Err, "%s: %s\n", env.Project.Name, note)
	}
	lines, rows := []pulledJSON{}, [][]any{}
	for _, f := range result.Files {
		lines = append(lines, pulledJSON(f))
		rows = append(rows, []any{f.Subject, f.Version, f.ID, f.Path})
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, lines)
	}
	return PrintTable(env.Out, []string{"Subject", "Version", "ID", "File"}, rows)
}
