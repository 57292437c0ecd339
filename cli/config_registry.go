package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry"
)

// configOptions are the flags of the verbs of config.
type configOptions struct {
	registryOptions
	output string
}

func newRegistryConfigCommand(env *Env) *cobra.Command {
	o := &configOptions{}
	cmd := group("config", "Show, set and delete settings of a registry",
		`Settings say what a subject takes: the level of compatibility, whether texts are
stored in their normal form, metadata and rules that are added.

`+settingNames+`

What schemactl itself is told by variables and schemactl.yaml: 'help configuration'.`,
		newConfigShowCommand(env, o), newConfigSetCommand(env, o), newConfigDeleteCommand(env, o))
	o.bind(cmd)
	return cmd
}

// configJSON is the JSON of settings, with the contract's names.
type configJSON struct {
	Name             string             `json:"name"`
	Compatibility    registry.Level     `json:"compatibility,omitempty"`
	Alias            string             `json:"alias,omitempty"`
	Normalize        *bool              `json:"normalize,omitempty"`
	ValidateFields   *bool              `json:"validateFields,omitempty"`
	ValidateNew      *bool              `json:"validateNewSchemas,omitempty"`
	ValidateRules    *bool              `json:"validateRules,omitempty"`
	Policy           string             `json:"compatibilityPolicy,omitempty"`
	Group            string             `json:"compatibilityGroup,omitempty"`
	DefaultMetadata  *registry.Metadata `json:"defaultMetadata,omitempty"`
	OverrideMetadata *registry.Metadata `json:"overrideMetadata,omitempty"`
	DefaultRules     *registry.RuleSet  `json:"defaultRuleSet,omitempty"`
	OverrideRules    *registry.RuleSet  `json:"overrideRuleSet,omitempty"`
}

func (o *configOptions) print(env *Env, name string, c registry.Config) error {
	all := configJSON{
		name, c.Level, c.Alias, c.Normalize, c.ValidateFields, c.ValidateNew, c.ValidateRules, c.Policy, c.Group,
		c.DefaultMetadata, c.OverrideMetadata, c.DefaultRules, c.OverrideRules,
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, all)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	var set map[string]json.RawMessage
	if err := json.Unmarshal(text, &set); err != nil {
		return err
	}
	rows := [][]any{}
	for _, field := range configFields() {
		if value, ok := set[field]; ok {
			rows = append(rows, []any{field, strings.Trim(string(value), `"`)})
		}
	}
	return PrintTable(env.Out, []string{"Setting", "Value"}, rows)
}

// configFields are the contract's names of all settings.
func configFields() []string {
	return []string{
		registry.FieldLevel, registry.FieldAlias, registry.FieldNormalize, registry.FieldValidateFields, registry.FieldValidateNew,
		registry.FieldValidateRules, registry.FieldPolicy, registry.FieldGroup, registry.FieldDefaultMetadata,
		registry.FieldOverrideMetadata, registry.FieldDefaultRules, registry.FieldOverrideRules,
	}
}

func newConfigShowCommand(env *Env, o *configOptions) *cobra.Command {
	effective := false
	cmd := &cobra.Command{
		Use:   "show [NAME]",
		Short: "Show the settings of a name",
		Example: `  schemactl config show
  schemactl config show payments-value --effective`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			ask := c.Config
			if effective {
				ask = c.EffectiveConfig
			}
			config, err := ask(cmd.Context(), nameOf(args))
			if err != nil {
				return err
			}
			return o.print(env, nameOf(args), config)
		},
	}
	cmd.Flags().BoolVar(&effective, "effective", false, "show what holds, where nothing is set for NAME itself too")
	OutputFlag(cmd, &o.output)
	return cmd
}

// configSet are the flags of `config set`.
type configSet struct {
	level, alias, group, policy                            string
	normalize, validateFields, validateNew, validateRules  string
	defaultMetadata, overrideMetadata, defaultRules, rules string
	clear                                                  []string
}

func newConfigSetCommand(env *Env, o *configOptions) *cobra.Command {
	s := &configSet{}
	cmd := &cobra.Command{
		Use:   "set [NAME]",
		Short: "Change settings of a name",
		Long:  "Sets what flags name and leaves the rest as it is. Prints all that is set then.",
		Example: `  schemactl config set --level FULL
  schemactl config set payments-value --level NONE --normalize true
  schemactl config set payments-value --clear normalize`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			change, err := s.change()
			if err != nil {
				return err
			}
			c, err := o.client()
			if err != nil {
				return err
			}
			config, err := c.SetConfig(cmd.Context(), nameOf(args), change)
			if err != nil {
				return err
			}
			return o.print(env, nameOf(args), config)
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.level, "level", "", "NONE, BACKWARD, FORWARD or FULL, or one of them with _TRANSITIVE")
	f.StringVar(&s.alias, "alias", "", "subject that the name stands for")
	f.StringVar(&s.group, "group", "", "property of the metadata: only versions with the same value are compared")
	EnumFlag(cmd, &s.policy, "policy", "", "kept for other registries: both are compared alike", "STRICT", "LOGICAL")
	EnumFlag(cmd, &s.normalize, "normalize", "", "store texts in their normal form", "true", "false")
	EnumFlag(cmd, &s.validateFields, "validate-fields", "", "refuse reserved names of fields", "true", "false")
	EnumFlag(cmd, &s.validateNew, "validate-new-schemas", "", "refuse new schemas with defaults or names that are not valid", "true", "false")
	EnumFlag(cmd, &s.validateRules, "validate-rules", "", "kept for other registries: rule sets are always checked", "true", "false")
	f.StringVar(&s.defaultMetadata, "default-metadata", "", "JSON `FILE` of metadata below what a schema brings")
	f.StringVar(&s.overrideMetadata, "override-metadata", "", "JSON `FILE` of metadata above it")
	f.StringVar(&s.defaultRules, "default-rules", "", "JSON `FILE` of a rule set below what a schema brings")
	f.StringVar(&s.rules, "override-rules", "", "JSON `FILE` of a rule set above it")
	f.StringSliceVar(&s.clear, "clear", nil, "`SETTING` to take back, by its name in 'config show' (repeatable)")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (s *configSet) change() (registry.ConfigChange, error) {
	change := registry.ConfigChange{Clear: s.clear, Set: registry.Config{
		Alias: s.alias, Group: s.group, Policy: s.policy,
		Normalize: truth(s.normalize), ValidateFields: truth(s.validateFields),
		ValidateNew: truth(s.validateNew), ValidateRules: truth(s.validateRules),
	}}
	for _, name := range s.clear {
		if !slices.Contains(configFields(), name) {
			return change, Usagef("--clear %q: want one of %s", name, strings.Join(configFields(), ", "))
		}
	}
	if s.level != "" {
		var err error
		if change.Set.Level, err = registry.ParseLevel(s.level); err != nil {
			return change, &UsageError{err: err}
		}
	}
	for _, part := range []struct {
		flag, file string
		read       func(*json.Decoder) error
	}{
		{"default-metadata", s.defaultMetadata, into(&change.Set.DefaultMetadata)},
		{"override-metadata", s.overrideMetadata, into(&change.Set.OverrideMetadata)},
		{"default-rules", s.defaultRules, into(&change.Set.DefaultRules)},
		{"override-rules", s.rules, into(&change.Set.OverrideRules)},
	} {
		if part.file == "" {
			continue
		}
		if err := readJSONFile(part.file, part.read); err != nil {
			return change, Usagef("--%s: %w", part.flag, err)
		}
	}
	if change.Set == (registry.Config{}) && len(s.clear) == 0 {
		return change, Usagef("nothing to set: give a flag such as --level")
	}
	return change, nil
}

// truth reads a flag of true and false; it is nil for one that was not given.
func truth(word string) *bool {
	if word == "" {
		return nil
	}
	yes := word == "true"
	return &yes
}

func into[T any](target **T) func(*json.Decoder) error {
	return func(d *json.Decoder) error {
		*target = new(T)
		return d.Decode(*target)
	}
}

func readJSONFile(name string, read func(*json.Decoder) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := read(d); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func newConfigDeleteCommand(env *Env, o *configOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "delete [NAME]",
		Short:   "Take the settings of a name back and print what they were",
		Example: "  schemactl config delete payments-value",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			was, err := c.DeleteConfig(cmd.Context(), nameOf(args))
			if err != nil {
				return err
			}
			return o.print(env, nameOf(args), was)
		},
	}
	OutputFlag(cmd, &o.output)
	return cmd
}
