package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

// deleteOptions are the flags of what deletes and undeletes, as a verb of schema and
// of subject.
type deleteOptions struct {
	version   string
	permanent bool
	yes       bool
	output    string
}

// changedJSON is the JSON of what was deleted or undeleted.
type changedJSON struct {
	Subject   string `json:"subject"`
	Versions  []int  `json:"versions"`
	Permanent bool   `json:"permanent"`
}

const deleteLong = `Deletes versions. Deleted ones are no longer listed, compared or the latest, but can
still be read by their ids, so that data written with them can be, and undeleted.

With --permanent what was deleted before is removed for good, and the ids with it:
data that was written with them cannot be read any more. It wants --yes where there is
no terminal to ask on.`

const undeleteLong = `Makes deleted versions live again, under their numbers and ids. Registries of another
make cannot do so: there the texts are registered again, under new numbers.`

func newSchemaDeleteCommand(env *Env, o *schemaOptions) *cobra.Command {
	d := &deleteOptions{}
	cmd := &cobra.Command{
		Use:   "delete SUBJECT",
		Short: "Delete a version of a subject, or all",
		Long:  deleteLong,
		Example: `  schemactl schema delete payments-value --version 2
  schemactl schema delete payments-value --version 2 --permanent --yes`,
		Args: oneSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.delete(cmd.Context(), env, &o.registryOptions, args[0])
		},
	}
	cmd.Flags().StringVar(&d.version, "version", "", "number of the version, or latest (default: all)")
	d.bindDelete(cmd)
	return cmd
}

func newSchemaUndeleteCommand(env *Env, o *schemaOptions) *cobra.Command {
	d := &deleteOptions{}
	cmd := &cobra.Command{
		Use:     "undelete SUBJECT",
		Short:   "Take the deletion of versions back",
		Long:    undeleteLong,
		Example: "  schemactl schema undelete payments-value --version 2",
		Args:    oneSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.undelete(cmd.Context(), env, &o.registryOptions, args[0])
		},
	}
	cmd.Flags().StringVar(&d.version, "version", "", "number of the version (default: all deleted ones)")
	OutputFlag(cmd, &d.output)
	return cmd
}

// oneSubject checks the argument SUBJECT.
func oneSubject(cmd *cobra.Command, args []string) error {
	if err := cobra.ExactArgs(1)(cmd, args); err != nil {
		return err
	}
	if args[0] == "" {
		return errors.New("SUBJECT is empty")
	}
	return nil
}

func (d *deleteOptions) bindDelete(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&d.permanent, "permanent", false, "remove for good what was deleted before")
	yesFlag(cmd, &d.yes)
	OutputFlag(cmd, &d.output)
}

func (d *deleteOptions) delete(ctx context.Context, env *Env, r *registryOptions, subject string) error {
	c, err := r.client()
	if err != nil {
		return err
	}
	version, what := 0, fmt.Sprintf("to remove subject %q for good", subject)
	if d.version != "" {
		if version, err = registry.ParseVersion(d.version); err != nil {
			return Usagef("--version %q: want a number from 1, or latest", d.version)
		}
		what = fmt.Sprintf("to remove version %s of subject %q for good", d.version, subject)
	}
	if d.permanent {
		if err := confirm(env, d.yes, what); err != nil {
			return err
		}
	}
	if version == 0 {
		numbers, err := c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: subject, Permanent: d.permanent})
		if err != nil {
			return err
		}
		return d.print(env, subject, numbers)
	}
	number, err := c.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: subject, Version: version, Permanent: d.permanent})
	if err != nil {
		return err
	}
	return d.print(env, subject, []int{number})
}

func (d *deleteOptions) undelete(ctx context.Context, env *Env, r *registryOptions, subject string) error {
	c, err := r.client()
	if err != nil {
		return err
	}
	req := registry.UndeleteRequest{Subject: subject}
	if d.version != "" {
		if req.Version, err = registry.ParseVersion(d.version); err != nil || req.Version == registry.Latest {
			return Usagef("--version %q: want a number from 1; the latest version is never a deleted one", d.version)
		}
	}
	numbers, err := c.Undelete(ctx, req)
	if errors.Is(err, client.ErrNotOffered) {
		entries, rerr := c.Reregister(ctx, req)
		for _, e := range entries {
			numbers = append(numbers, e.Version)
		}
		if len(numbers) > 0 {
			fmt.Fprintf(env.Err, "%s: this registry cannot undelete: the texts were registered again, under new numbers\n", env.Project.Name)
		}
		err = rerr
	}
	if err != nil {
		return err
	}
	return d.print(env, subject, numbers)
}

func (d *deleteOptions) print(env *Env, subject string, versions []int) error {
	if d.output == FormatJSON {
		return PrintJSON(env.Out, changedJSON{subject, versions, d.permanent})
	}
	return PrintTable(env.Out, []string{"Subject", "Versions"}, [][]any{{subject, numbers(versions)}})
}
