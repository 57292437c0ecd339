package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/compat"
	"github.com/schemactl/schemactl/registry/tree"
)

// checkJSON is the JSON of `schema check`.
type checkJSON struct {
	Subject    string   `json:"subject"`
	Compatible bool     `json:"compatible"`
	Messages   []string `json:"messages"`
	// Explanations say what breaks, for whom, and what would pass.
	Explanations []compat.Explanation `json:"explanations"`
}

func newSchemaCheckCommand(env *Env, o *schemaOptions) *cobra.Command {
	var version string
	t := &treeOptions{}
	cmd := &cobra.Command{
		Use:   "check [SUBJECT FILE]",
		Short: "Say whether schemas could become versions of their subjects",
		Long: `Asks whether a registration of the schema would be taken, and changes nothing. It
exits with 3 and says why when the schema would be refused: it cannot be read, the
subject's mode does not allow it, or it is not compatible with the versions that the
subject's level asks for. With --version it is compared with that one alone, and the
mode is not looked at.

Without arguments it does so for every schema of a folder, and reports all that
would be refused at once. Which subjects they go to is said in 'help schemas'.`,
		Example: `  schemactl schema check payments-value payment.avsc
  schemactl schema check --schemas schemas/avro --strategy messages=topic-record`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return nil
			case 1:
				return fmt.Errorf("want SUBJECT FILE, or neither: a folder is named by --schemas %s", args[0])
			}
			return subjectAndFile(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.checkTree(cmd.Context(), env, t)
			}
			c, err := o.client()
			if err != nil {
				return err
			}
			req := registry.CheckRequest{Subject: args[0], Normalize: o.normalize}
			if version != "" {
				if req.Version, err = registry.ParseVersion(version); err != nil {
					return Usagef("--version %q: want a number from 1, or latest", version)
				}
			}
			if req.Schema, err = o.schema(env, args[1]); err != nil {
				return err
			}
			return o.check(cmd.Context(), env, c, req)
		},
	}
	t.bind(cmd)
	cmd.Flags().StringVar(&version, "version", "", "compare with this version only (default: those that the subject's level asks for)")
	o.bindSchema(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *schemaOptions) check(ctx context.Context, env *Env, c *client.Client, req registry.CheckRequest) error {
	verdict, err := tree.CheckOne(ctx, c, req)
	if err != nil {
		return err
	}
	taken := verdict.State != tree.Refused
	messages := append([]string{}, verdict.Messages...)
	explanations := append([]compat.Explanation{}, verdict.Explanations...)
	switch {
	case o.output == FormatJSON:
		if err := PrintJSON(env.Out, checkJSON{req.Subject, taken, messages, explanations}); err != nil {
			return err
		}
	case taken:
		if _, err := fmt.Fprintln(env.Out, "compatible"); err != nil {
			return err
		}
	default:
		var b strings.Builder
		for _, m := range messages {
			b.WriteString(m + "\n")
		}
		writeExplanations(&b, "", explanations)
		if _, err := io.WriteString(env.Out, b.String()); err != nil {
			return err
		}
	}
	if !taken {
		return Foundf("subject %q would refuse the schema", req.Subject)
	}
	return nil
}
