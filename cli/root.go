package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `schemactl keeps three things in step that several Go applications share:
GORM models, the migrations that make their tables, and the Avro schemas of
their events.

In every deploy:    schemactl migrate up --database-url URL
In CI:              schemactl codegen --check
                    schemactl schema check --registry-url URL
                    schemactl migrate status --check --database-url URL
To see it all run:  schemactl demo

Every flag can also be set by a variable (--database-url is
SCHEMACTL_DATABASE_URL) or in schemactl.yaml; see 'help configuration'.`

func newRootCommand(env *Env) *cobra.Command {
	name := env.Project.Name
	root := &cobra.Command{
		Use:               name,
		Short:             "Shared models, migrations and event schemas, kept in step",
		Long:              strings.ReplaceAll(rootLong, "schemactl ", name+" "),
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return configure(env, cmd) },
		Args:              cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &UsageError{err: err} })
	root.PersistentFlags().String("config", "", "configuration file (default schemactl.yaml, when there is one)")
	root.AddCommand(
		newMigrateCommand(env),
		newDriftCommand(env),
		newCodegenCommand(env),
		newRegistryCommand(env),
		newSchemaCommand(env),
		newSubjectCommand(env),
		newRegistryConfigCommand(env),
		newModeCommand(env),
		newOutboxCommand(env),
		newDLQCommand(env),
		newInboxCommand(env),
		newTopicCommand(env),
		newBrokerCommand(env),
		newVersionCommand(env),
		newCompletionCommand(env),
	)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelpCommand())
	root.AddCommand(helpTopics(name)...)
	for _, add := range env.Project.Commands {
		root.AddCommand(add(env))
	}
	usageErrorsForArguments(root)
	return root
}

// usageErrorsForArguments makes a wrong number of arguments exit with the code
// for usage, for all commands at once.
func usageErrorsForArguments(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return &UsageError{err: err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		usageErrorsForArguments(sub)
	}
}

// group is a noun: it has verbs and does nothing by itself.
func group(use, short, long string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Long:  long,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return Usagef("unknown command %q for %q", args[0], c.CommandPath())
			}
			return c.Help()
		},
	}
	cmd.AddCommand(verbs...)
	return cmd
}
