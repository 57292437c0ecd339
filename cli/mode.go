package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
)

// modeOptions are the flags of the verbs of mode.
type modeOptions struct {
	registryOptions
	output string
}

const settingNames = `NAME is a subject, or :.CONTEXT: for a context; without it the setting is that of
all that have none of their own.`

func newModeCommand(env *Env) *cobra.Command {
	o := &modeOptions{}
	cmd := group("mode", "Show, set and delete modes of a registry",
		`A mode says what may be done to subjects: READWRITE, READONLY, or IMPORT, which takes
schemas with their ids from another registry.

`+settingNames,
		newModeShowCommand(env, o), newModeSetCommand(env, o), newModeDeleteCommand(env, o))
	o.bind(cmd)
	return cmd
}

// modeJSON is the JSON of a mode.
type modeJSON struct {
	Name string        `json:"name"`
	Mode registry.Mode `json:"mode"`
}

func (o *modeOptions) print(env *Env, name string, mode registry.Mode) error {
	if o.output == FormatJSON {
		return PrintJSON(env.Out, modeJSON{name, mode})
	}
	_, err := fmt.Fprintln(env.Out, mode)
	return err
}

// nameOf is the optional argument NAME.
func nameOf(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func newModeShowCommand(env *Env, o *modeOptions) *cobra.Command {
	effective := false
	cmd := &cobra.Command{
		Use:   "show [NAME]",
		Short: "Show the mode that is set",
		Example: `  schemactl mode show
  schemactl mode show payments-value --effective`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			ask := c.Mode
			if effective {
				ask = c.EffectiveMode
			}
			mode, err := ask(cmd.Context(), nameOf(args))
			if err != nil {
				return err
			}
			return o.print(env, nameOf(args), mode)
		},
	}
	cmd.Flags().BoolVar(&effective, "effective", false, "show what holds, where nothing is set for NAME itself too")
	OutputFlag(cmd, &o.output)
	return cmd
}

func newModeSetCommand(env *Env, o *modeOptions) *cobra.Command {
	var force, yes bool
	cmd := &cobra.Command{
		Use:   "set [NAME] MODE",
		Short: "Set a mode",
		Long: `Sets READWRITE, READONLY, READONLY_OVERRIDE, IMPORT or FORWARD.

IMPORT removes deleted versions of the subjects for good, which wants --yes where there
is no terminal to ask on. Subjects that have live versions refuse it without --force.`,
		Example: `  schemactl mode set READONLY
  schemactl mode set payments-value READWRITE
  schemactl mode set :.copy: IMPORT --yes`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			mode, err := registry.ParseMode(args[len(args)-1])
			if err != nil {
				return &UsageError{err: err}
			}
			req := registry.SetModeRequest{Name: nameOf(args[:len(args)-1]), Mode: mode, Force: force}
			if mode == registry.ModeImport {
				if err := confirm(env, yes, "the removal of deleted versions, which IMPORT begins with,"); err != nil {
					return err
				}
			}
			return o.set(cmd.Context(), env, req)
		},
		ValidArgs: []string{"READWRITE", "READONLY", "IMPORT"},
	}
	cmd.Flags().BoolVar(&force, "force", false, "set IMPORT though there are versions")
	yesFlag(cmd, &yes)
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *modeOptions) set(ctx context.Context, env *Env, req registry.SetModeRequest) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	if err := c.SetMode(ctx, req); err != nil {
		return err
	}
	return o.print(env, req.Name, req.Mode)
}

func newModeDeleteCommand(env *Env, o *modeOptions) *cobra.Command {
	recursive := false
	cmd := &cobra.Command{
		Use:     "delete [NAME]",
		Short:   "Take a mode back and print what it was",
		Example: "  schemactl mode delete payments-value",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			was, err := c.DeleteMode(cmd.Context(), registry.DeleteModeRequest{Name: nameOf(args), Recursive: recursive})
			if err != nil {
				return err
			}
			return o.print(env, nameOf(args), was)
		},
	}
	cmd.Flags().BoolVar(&recursive, "recursive", false, "those of the subjects below it too")
	OutputFlag(cmd, &o.output)
	return cmd
}
