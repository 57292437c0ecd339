package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

func newSchemaRegisterCommand(env *Env, o *schemaOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register SUBJECT FILE",
		Short: "Make a schema the newest version of a subject",
		Long:  "Registers a schema. One that the subject has already is answered as it is.",
		Example: `  schemactl schema register payments-value payment.avsc --registry-url http://127.0.0.1:8081
  schemactl schema register payments-value payment.avsc --reference shop.Money=shop.Money:1`,
	}
	return o.withSchema(env, cmd, func(ctx context.Context, c *client.Client, subject string, schema registry.Schema) (registry.Entry, error) {
		return c.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: schema, Normalize: o.normalize})
	})
}

func newSchemaLookupCommand(env *Env, o *schemaOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lookup SUBJECT FILE",
		Short:   "Find the version and id of a schema in a subject",
		Example: "  schemactl schema lookup payments-value payment.avsc --output json",
	}
	return o.withSchema(env, cmd, func(ctx context.Context, c *client.Client, subject string, schema registry.Schema) (registry.Entry, error) {
		return c.Lookup(ctx, registry.LookupRequest{Subject: subject, Schema: schema, Normalize: o.normalize})
	})
}

// askSchema asks a registry about a schema in a subject.
type askSchema func(ctx context.Context, c *client.Client, subject string, schema registry.Schema) (registry.Entry, error)

// withSchema makes a command of SUBJECT FILE that prints the entry it is answered.
func (o *schemaOptions) withSchema(env *Env, cmd *cobra.Command, ask askSchema) *cobra.Command {
	cmd.Args = subjectAndFile
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := o.client()
		if err != nil {
			return err
		}
		schema, err := o.schema(env, args[1])
		if err != nil {
			return err
		}
		entry, err := ask(cmd.Context(), c, args[0], schema)
		if err != nil {
			return err
		}
		return o.print(env, entry)
	}
	o.bindSchema(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}
