package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
)

// schemaOptions are the flags that the verbs of schema share.
type schemaOptions struct {
	registryOptions
	references      []string
	schemaType      string
	metadata, rules string
	normalize       bool
	output          string
}

func newSchemaCommand(env *Env) *cobra.Command {
	o := &schemaOptions{}
	cmd := group("schema", "Register, look up and check schemas in a registry",
		`Works with any registry that speaks Confluent's REST API. FILE is a schema file,
or - for standard input. 'check' without arguments, 'push' and 'pull' are about a
whole folder of schemas; see 'help schemas'.`,
		newSchemaRegisterCommand(env, o), newSchemaLookupCommand(env, o), newSchemaListCommand(env, o),
		newSchemaShowCommand(env, o), newSchemaCheckCommand(env, o), newSchemaDiffCommand(env, o),
		newSchemaDeleteCommand(env, o), newSchemaUndeleteCommand(env, o),
		newSchemaPushCommand(env, o), newSchemaPullCommand(env, o))
	o.bind(cmd)
	return cmd
}

// bindSchema adds what a schema brings beside its text.
func (o *schemaOptions) bindSchema(cmd *cobra.Command) {
	o.bindReferences(cmd)
	EnumFlag(cmd, &o.schemaType, "type", string(registry.Avro), "language of the schema", string(registry.Avro), string(registry.JSON), string(registry.Protobuf))
	cmd.Flags().StringVar(&o.metadata, "metadata", "", "JSON `FILE` of metadata that goes with the schema")
	cmd.Flags().StringVar(&o.rules, "rules", "", "JSON `FILE` of a rule set that goes with the schema")
	cmd.Flags().BoolVar(&o.normalize, "normalize", false, "take the text in its normal form")
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
	schema := registry.Schema{Type: registry.Type(cmp.Or(o.schemaType, string(registry.Avro))), Text: string(text), References: refs}
	if o.metadata != "" {
		if err := readJSONFile(o.metadata, into(&schema.Metadata)); err != nil {
			return registry.Schema{}, Usagef("--metadata: %w", err)
		}
	}
	if o.rules != "" {
		if err := readJSONFile(o.rules, into(&schema.Rules)); err != nil {
			return registry.Schema{}, Usagef("--rules: %w", err)
		}
	}
	return schema, nil
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
