package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

// subjectJSON is the JSON of a line of `schema list`.
type subjectJSON struct {
	Subject  string `json:"subject"`
	Versions []int  `json:"versions"`
}

func newSchemaListCommand(env *Env, o *schemaOptions) *cobra.Command {
	d := &deletedOptions{}
	cmd := &cobra.Command{
		Use:   "list [PREFIX]",
		Short: "List subjects and their versions",
		Example: `  schemactl schema list payments
  schemactl schema list --deleted-only --output json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			req := registry.SubjectsRequest{Deleted: d.which()}
			if len(args) > 0 {
				req.Prefix = args[0]
			}
			return o.list(cmd.Context(), env, c, req)
		},
	}
	d.bind(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}

// deletedOptions say which versions a list is about.
type deletedOptions struct{ with, only bool }

func (d *deletedOptions) bind(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&d.with, "deleted", false, "deleted ones too")
	cmd.Flags().BoolVar(&d.only, "deleted-only", false, "deleted ones alone")
}

func (d *deletedOptions) which() registry.Deleted {
	switch {
	case d.only:
		return registry.OnlyDeleted
	case d.with:
		return registry.WithDeleted
	}
	return registry.WithoutDeleted
}

func (o *schemaOptions) list(ctx context.Context, env *Env, c *client.Client, req registry.SubjectsRequest) error {
	which, live := req.Deleted, []string(nil)
	if which == registry.OnlyDeleted { // of subjects that have others too
		req.Deleted = registry.WithoutDeleted
		var err error
		if live, err = c.Subjects(ctx, req); err != nil {
			return err
		}
		req.Deleted = registry.WithDeleted
	}
	subjects, err := c.Subjects(ctx, req)
	if err != nil {
		return err
	}
	lines := []subjectJSON{}
	rows := [][]any{}
	for _, subject := range subjects {
		versions, err := c.ListVersions(ctx, registry.VersionsRequest{Subject: subject, Deleted: req.Deleted})
		if err == nil && slices.Contains(live, subject) {
			versions, err = withoutLive(ctx, c, subject, versions)
		}
		if errors.Is(err, registry.ErrSubjectNotFound) {
			continue // not any more
		}
		if err != nil {
			return err
		}
		if len(versions) == 0 {
			continue
		}
		lines = append(lines, subjectJSON{subject, versions})
		rows = append(rows, []any{subject, numbers(versions)})
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, lines)
	}
	return PrintTable(env.Out, []string{"Subject", "Versions"}, rows)
}

// withoutLive leaves deleted versions of a subject. They are not asked for alone: for a
// subject that has none a registry may answer those of another context.
func withoutLive(ctx context.Context, c *client.Client, subject string, all []int) ([]int, error) {
	live, err := c.Versions(ctx, subject, registry.Page{})
	return slices.DeleteFunc(all, func(n int) bool { return slices.Contains(live, n) }), err
}

func newSchemaShowCommand(env *Env, o *schemaOptions) *cobra.Command {
	var version string
	how := &showOptions{}
	cmd := &cobra.Command{
		Use:   "show SUBJECT",
		Short: "Print a schema",
		Long:  "Prints the text of a schema as the registry has it, references beside it. With\n--id SUBJECT is left out.",
		Example: `  schemactl schema show payments-value --version 2
  schemactl schema show payments-value --resolved > payment.avsc
  schemactl schema show --id 7`,
		Args: cobra.MaximumNArgs(1),
	}
	id := cmd.Flags().Uint32("id", 0, "show the schema of this id instead")
	cmd.Flags().StringVar(&version, "version", "latest", "number of the version, or latest")
	cmd.Flags().BoolVar(&how.resolved, "resolved", false, "write the references out, so that the text is complete in itself")
	cmd.Flags().BoolVar(&how.deleted, "deleted", false, "show a deleted version too")
	OutputFlag(cmd, &o.output)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (len(args) == 1) == (*id != 0) {
			return Usagef("want either a SUBJECT or --id")
		}
		c, err := o.client()
		if err != nil {
			return err
		}
		entry, err := how.entry(cmd.Context(), c, args, version, *id)
		if err != nil {
			return err
		}
		if o.output == FormatJSON {
			return o.print(env, entry)
		}
		_, err = fmt.Fprintln(env.Out, entry.Text)
		return err
	}
	return cmd
}

type showOptions struct{ resolved, deleted bool }

func (o *showOptions) entry(ctx context.Context, c *client.Client, args []string, version string, id uint32) (registry.Entry, error) {
	if id != 0 {
		e, err := c.ByID(ctx, id)
		if err == nil && o.resolved {
			e.Text, err = c.Schema(ctx, id)
		}
		return e, err
	}
	number, err := registry.ParseVersion(version)
	if err != nil {
		return registry.Entry{}, Usagef("--version %q: want a number from 1, or latest", version)
	}
	req := registry.VersionRequest{Subject: args[0], Version: number}
	if o.deleted {
		req.Deleted = registry.WithDeleted
	}
	if o.resolved {
		return c.ResolvedVersion(ctx, req)
	}
	return c.ReadVersion(ctx, req)
}
