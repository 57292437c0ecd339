package cli

import (
	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
)

func newSchemaRegisterCommand(env *Env, o *schemaOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register SUBJECT FILE",
		Short: "Make a schema the newest version of a subject",
		Long:  "Registers a schema. One that the subject has already is answered as it is.",
		Example: `  schemactl schema register payments-value payment.avsc --registry-url http://127.0.0.1:8081
  schemactl schema register payments-value payment.avsc --reference shop.Money=shop.Money:1`,
		Args: subjectAndFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			schema, err := o.schema(env, args[1])
			if err != nil {
				return err
			}
			entry, err := c.Register(cmd.Context(), registry.RegisterRequest{Subject: args[0], Schema: schema, Normalize: o.normalize})
			if err != nil {
				return err
			}
			return o.print(env, entry)
		},
	}
	o.bindSchema(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}

func newSchemaLookupCommand(env *Env, o *schemaOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lookup SUBJECT FILE",
		Short:   "Find the version and id of a schema in a subject",
		Example: "  schemactl schema lookup payments-value payment.avsc --output json",
		Args:    subjectAndFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			schema, err := o.schema(env, args[1])
			if err != nil {
				return err
			}
			entry, err := c.Lookup(cmd.Context(), registry.LookupRequest{Subject: args[0], Schema: schema, Normalize: o.normalize})
			if err != nil {
				return err
			}
			return o.print(env, entry)
		},
	}
	o.bindSchema(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}
