package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

func newSubjectCommand(env *Env) *cobra.Command {
	r := &registryOptions{}
	cmd := group("subject", "List, show, delete and undelete subjects of a registry",
		"A subject is a name under which a schema has versions. One of another context than\nthe default is written :.CONTEXT:SUBJECT.",
		newSubjectListCommand(env, r), newSubjectShowCommand(env, r), newSubjectDeleteCommand(env, r), newSubjectUndeleteCommand(env, r))
	r.bind(cmd)
	return cmd
}

func newSubjectListCommand(env *Env, r *registryOptions) *cobra.Command {
	var output string
	d := &deletedOptions{}
	cmd := &cobra.Command{
		Use:   "list [PREFIX]",
		Short: "List the names of subjects",
		Example: `  schemactl subject list payments
  schemactl subject list --deleted-only`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			req := registry.SubjectsRequest{Deleted: d.which()}
			if len(args) > 0 {
				req.Prefix = args[0]
			}
			names, err := c.Subjects(cmd.Context(), req)
			if err != nil {
				return err
			}
			return printNames(env, output, "Subject", names)
		},
	}
	d.bind(cmd)
	OutputFlag(cmd, &output)
	return cmd
}

func printNames(env *Env, output, title string, names []string) error {
	if output == FormatJSON {
		return PrintJSON(env.Out, append([]string{}, names...))
	}
	rows := [][]any{}
	for _, name := range names {
		rows = append(rows, []any{name})
	}
	return PrintTable(env.Out, []string{title}, rows)
}

// subjectDetailJSON is the JSON of `subject show`.
type subjectDetailJSON struct {
	Subject string         `json:"subject"`
	Level   registry.Level `json:"level"`
	// Mode is empty where the registry has none.
	Mode     registry.Mode        `json:"mode"`
	Versions []subjectVersionJSON `json:"versions"`
}

type subjectVersionJSON struct {
	Version    int                  `json:"version"`
	ID         uint32               `json:"id"`
	Deleted    bool                 `json:"deleted"`
	References []registry.Reference `json:"references"`
}

func newSubjectShowCommand(env *Env, r *registryOptions) *cobra.Command {
	var output string
	d := &deletedOptions{}
	cmd := &cobra.Command{
		Use:     "show SUBJECT",
		Short:   "Show the versions of a subject, and the level and mode that hold for it",
		Example: "  schemactl subject show payments-value --deleted",
		Args:    oneSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			detail, err := describeSubject(cmd.Context(), c, args[0], d.which())
			if err != nil {
				return err
			}
			return detail.print(env, output)
		},
	}
	d.bind(cmd)
	OutputFlag(cmd, &output)
	return cmd
}

// describeSubject goes by the whole names in the answers: the name that was asked for
// may be an alias, or of a subject that only another context has.
func describeSubject(ctx context.Context, c *client.Client, subject string, which registry.Deleted) (*subjectDetailJSON, error) {
	read := which
	if which == registry.OnlyDeleted { // one version cannot be asked for so, and both questions have to be about one subject
		read = registry.WithDeleted
	}
	versions, err := c.ListVersions(ctx, registry.VersionsRequest{Subject: subject, Deleted: read})
	if err != nil {
		return nil, err
	}
	detail := &subjectDetailJSON{Subject: subject, Versions: []subjectVersionJSON{}}
	for _, n := range versions {
		e, err := c.ReadVersion(ctx, registry.VersionRequest{Subject: subject, Version: n, Deleted: read})
		if err != nil {
			return nil, err
		}
		detail.Subject = cmp.Or(e.Subject, subject)
		isDeleted := false
		if read == registry.WithDeleted {
			if isDeleted, err = c.IsDeleted(ctx, subject, e); err != nil {
				return nil, err
			}
		}
		if which.Takes(isDeleted) {
			refs := append([]registry.Reference{}, e.References...)
			detail.Versions = append(detail.Versions, subjectVersionJSON{n, e.ID, isDeleted, refs})
		}
	}
	if len(detail.Versions) == 0 {
		return nil, fmt.Errorf("subject %q: %w: none is deleted", detail.Subject, registry.ErrVersionNotFound)
	}
	config, err := c.EffectiveConfig(ctx, detail.Subject)
	if err != nil {
		return nil, err
	}
	detail.Level = config.Level
	if detail.Mode, err = c.EffectiveMode(ctx, detail.Subject); errors.Is(err, client.ErrNotOffered) {
		err = nil
	}
	return detail, err
}

func (s *subjectDetailJSON) print(env *Env, output string) error {
	if output == FormatJSON {
		return PrintJSON(env.Out, s)
	}
	rows := [][]any{}
	for _, v := range s.Versions {
		state := "live"
		if v.Deleted {
			state = "deleted"
		}
		rows = append(rows, []any{v.Version, v.ID, state, len(v.References)})
	}
	if err := PrintTable(env.Out, []string{"Version", "ID", "State", "References"}, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.Out, "\n%s: level %s, mode %s\n", s.Subject, s.Level, s.Mode)
	return err
}

func newSubjectDeleteCommand(env *Env, r *registryOptions) *cobra.Command {
	d := &deleteOptions{}
	cmd := &cobra.Command{
		Use:   "delete SUBJECT",
		Short: "Delete all versions of a subject",
		Long:  deleteLong,
		Example: `  schemactl subject delete payments-value
  schemactl subject delete payments-value --permanent --yes`,
		Args: oneSubject,
		RunE: func(cmd *cobra.Command, args []string) error { return d.delete(cmd.Context(), env, r, args[0]) },
	}
	d.bindDelete(cmd)
	return cmd
}

func newSubjectUndeleteCommand(env *Env, r *registryOptions) *cobra.Command {
	d := &deleteOptions{}
	cmd := &cobra.Command{
		Use:     "undelete SUBJECT",
		Short:   "Take the deletion of a subject's versions back",
		Long:    undeleteLong,
		Example: "  schemactl subject undelete payments-value",
		Args:    oneSubject,
		RunE:    func(cmd *cobra.Command, args []string) error { return d.undelete(cmd.Context(), env, r, args[0]) },
	}
	OutputFlag(cmd, &d.output)
	return cmd
}
