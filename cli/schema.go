package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

// schemaOptions are the flags that the verbs of schema share.
type schemaOptions struct {
	url        string
	references []string
	output     string
}

func newSchemaCommand(env *Env) *cobra.Command {
	o := &schemaOptions{}
	cmd := group("schema", "Register and look up schemas in a registry",
		`Works with any registry that speaks Confluent's REST API. FILE is a schema file,
or - for standard input.`,
		newSchemaRegisterCommand(env, o), newSchemaLookupCommand(env, o), newSchemaListCommand(env, o),
		newSchemaShowCommand(env, o), newSchemaCheckCommand(env, o))
	cmd.PersistentFlags().StringVar(&o.url, "registry-url", "", "URL of the registry, such as http://127.0.0.1:8081")
	return cmd
}

func (o *schemaOptions) client() (*client.Client, error) {
	if o.url == "" {
		return nil, Usagef("no registry: give --registry-url or set SCHEMACTL_REGISTRY_URL")
	}
	c, err := client.New(o.url)
	if err != nil {
		return nil, &UsageError{err: err}
	}
	return c, nil
}

func (o *schemaOptions) bindReferences(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&o.references, "reference", nil, "NAME=SUBJECT:VERSION: where a type is defined that the schema uses (repeatable)")
}

// subjectAndFile checks the arguments SUBJECT FILE.
func subjectAndFile(cmd *cobra.Command, args []string) error {
	if err := cobra.ExactArgs(2)(cmd, args); err != nil {
		return err
	}
	if args[0] == "" {
		return errors.New("SUBJECT is empty")
	}
	return nil
}

// maxSchemaFile bounds what is read as a schema file.
const maxSchemaFile = 4 << 20

// schema reads the schema that a command is about.
func (o *schemaOptions) schema(env *Env, file string) (registry.Schema, error) {
	in := env.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return registry.Schema{}, Usagef("schema file: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSchemaFile+1))
	if err != nil {
		return registry.Schema{}, fmt.Errorf("schema file %s: %w", file, err)
	}
	if len(text) > maxSchemaFile {
		return registry.Schema{}, Usagef("schema file %s has more than %d bytes", file, maxSchemaFile)
	}
	refs, err := parseReferences(o.references)
	if err != nil {
		return registry.Schema{}, err
	}
	return registry.Schema{Type: registry.Avro, Text: string(text), References: refs}, nil
}

func parseReferences(texts []string) ([]registry.Reference, error) {
	var refs []registry.Reference
	for _, text := range texts {
		name, where, ok := strings.Cut(text, "=")
		at := strings.LastIndex(where, ":")
		if !ok || at < 1 {
			return nil, Usagef("reference %q: want NAME=SUBJECT:VERSION", text)
		}
		version, err := registry.ParseVersion(where[at+1:])
		if err != nil {
			return nil, Usagef("reference %q: %w", text, err)
		}
		refs = append(refs, registry.Reference{Name: name, Subject: where[:at], Version: version})
	}
	return refs, nil
}

// entryJSON is the JSON of a registered schema.
type entryJSON struct {
	Subject    string               `json:"subject"`
	Version    int                  `json:"version"`
	ID         uint32               `json:"id"`
	References []registry.Reference `json:"references"`
	Schema     string               `json:"schema,omitempty"`
}

func (o *schemaOptions) print(env *Env, e registry.Entry) error {
	if o.output == FormatJSON {
		refs := e.References
		if refs == nil {
			refs = []registry.Reference{}
		}
		return PrintJSON(env.Out, entryJSON{e.Subject, e.Version, e.ID, refs, e.Text})
	}
	return PrintTable(env.Out, []string{"Subject", "Version", "ID"}, [][]any{{e.Subject, e.Version, e.ID}})
}

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
			entry, err := c.Register(cmd.Context(), registry.RegisterRequest{Subject: args[0], Schema: schema})
			if err != nil {
				return err
			}
			return o.print(env, entry)
		},
	}
	o.bindReferences(cmd)
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
			entry, err := c.Lookup(cmd.Context(), registry.LookupRequest{Subject: args[0], Schema: schema})
			if err != nil {
				return err
			}
			return o.print(env, entry)
		},
	}
	o.bindReferences(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}

// subjectJSON is the JSON of a line of `schema list`.
type subjectJSON struct {
	Subject  string `json:"subject"`
	Versions []int  `json:"versions"`
}

func newSchemaListCommand(env *Env, o *schemaOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list [PREFIX]",
		Short:   "List subjects and their versions",
		Example: "  schemactl schema list payments",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			var req registry.SubjectsRequest
			if len(args) > 0 {
				req.Prefix = args[0]
			}
			return o.list(cmd.Context(), env, c, req)
		},
	}
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *schemaOptions) list(ctx context.Context, env *Env, c *client.Client, req registry.SubjectsRequest) error {
	subjects, err := c.Subjects(ctx, req)
	if err != nil {
		return err
	}
	lines := []subjectJSON{}
	rows := [][]any{}
	for _, subject := range subjects {
		versions, err := c.Versions(ctx, subject, registry.Page{})
		if errors.Is(err, registry.ErrSubjectNotFound) {
			continue // deleted since it was listed
		}
		if err != nil {
			return err
		}
		lines = append(lines, subjectJSON{subject, versions})
		rows = append(rows, []any{subject, strings.Trim(fmt.Sprint(versions), "[]")})
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, lines)
	}
	return PrintTable(env.Out, []string{"Subject", "Versions"}, rows)
}

func newSchemaShowCommand(env *Env, o *schemaOptions) *cobra.Command {
	var version string
	cmd := &cobra.Command{
		Use:   "show SUBJECT",
		Short: "Print a schema",
		Long:  "Prints the text of a schema as the registry has it, references beside it. With\n--id SUBJECT is left out.",
		Example: `  schemactl schema show payments-value --version 2
  schemactl schema show --id 7`,
		Args: cobra.MaximumNArgs(1),
	}
	id := cmd.Flags().Uint32("id", 0, "show the schema of this id instead")
	cmd.Flags().StringVar(&version, "version", "latest", "number of the version, or latest")
	OutputFlag(cmd, &o.output)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (len(args) == 1) == (*id != 0) {
			return Usagef("want either a SUBJECT or --id")
		}
		c, err := o.client()
		if err != nil {
			return err
		}
		entry, err := showEntry(cmd.Context(), c, args, version, *id)
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

func showEntry(ctx context.Context, c *client.Client, args []string, version string, id uint32) (registry.Entry, error) {
	if id != 0 {
		return c.ByID(ctx, id)
	}
	number, err := registry.ParseVersion(version)
	if err != nil {
		return registry.Entry{}, Usagef("--version %q: want a number from 1, or latest", version)
	}
	return c.Version(ctx, args[0], number)
}

// checkJSON is the JSON of `schema check`.
type checkJSON struct {
	Subject    string   `json:"subject"`
	Compatible bool     `json:"compatible"`
	Messages   []string `json:"messages"`
}

func newSchemaCheckCommand(env *Env, o *schemaOptions) *cobra.Command {
	var version string
	cmd := &cobra.Command{
		Use:   "check SUBJECT FILE",
		Short: "Say whether a schema could become a version of a subject",
		Long: `Compares a schema with the versions of a subject at the subject's level and
changes nothing. It exits with 3 and says why when the schema would be refused.`,
		Example: "  schemactl schema check payments-value payment.avsc",
		Args:    subjectAndFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			req := registry.CheckRequest{Subject: args[0]}
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
	cmd.Flags().StringVar(&version, "version", "", "compare with this version only (default: those that the subject's level asks for)")
	o.bindReferences(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *schemaOptions) check(ctx context.Context, env *Env, c *client.Client, req registry.CheckRequest) error {
	result, err := c.Check(ctx, req)
	if err != nil {
		return err
	}
	messages := result.Messages
	if messages == nil {
		messages = []string{}
	}
	switch {
	case o.output == FormatJSON:
		if err := PrintJSON(env.Out, checkJSON{req.Subject, result.Compatible, messages}); err != nil {
			return err
		}
	case result.Compatible:
		if _, err := fmt.Fprintln(env.Out, "compatible"); err != nil {
			return err
		}
	default:
		for _, m := range messages {
			if _, err := fmt.Fprintln(env.Out, m); err != nil {
				return err
			}
		}
	}
	if !result.Compatible {
		return Foundf("the schema is not compatible with subject %s", strconv.Quote(req.Subject))
	}
	return nil
}
