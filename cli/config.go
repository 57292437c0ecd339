package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// defaultConfigFile is read when it is there; a file named by --config must be.
const defaultConfigFile = "schemactl.yaml"

// notConfigurable are flags that make no sense as a setting.
var notConfigurable = []string{"help", "config"}

// configure fills every flag that the command line left alone: from its
// variable, else from the configuration file. The order is flag, variable,
// file, default.
func configure(env *Env, cmd *cobra.Command) error {
	settings, name, err := loadConfig(env, cmd)
	if err != nil {
		return err
	}
	if err := checkKeys(settings, name, cmd.Root()); err != nil {
		return err
	}
	env.settings, env.settingsFile = settings, name
	noun := nounOf(cmd)
	var problems []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || slices.Contains(notConfigurable, f.Name) {
			return
		}
		if value, ok := env.LookupEnv(variable(f.Name)); ok {
			if err := setFlagFromVariable(cmd, f, value); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", variable(f.Name), err))
			}
			return
		}
		for _, key := range []string{noun + "." + f.Name, f.Name} {
			if _, group := settings.Get(key).(map[string]any); !settings.Exists(key) || group && !takesWords(f) {
				continue // a group is the settings of a command of that name
			}
			if err := setFlagFrom(settings, key, cmd, f); err != nil {
				problems = append(problems, fmt.Errorf("%s: %s: %w", name, key, err))
			}
			return
		}
	})
	if len(problems) > 0 {
		return &UsageError{err: errors.Join(problems...)}
	}
	return nil
}

// variable is the name of a flag's environment variable.
func variable(flag string) string {
	return "SCHEMACTL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func nounOf(cmd *cobra.Command) string {
	for cmd.HasParent() && cmd.Parent().HasParent() {
		cmd = cmd.Parent()
	}
	return cmd.Name()
}

// setFlagFromVariable sets a flag; one that can be repeated takes several values,
// separated by commas or lines.
func setFlagFromVariable(cmd *cobra.Command, f *pflag.Flag, value string) error {
	into, repeatable := f.Value.(pflag.SliceValue)
	if !repeatable || f.Value.Type() != "stringArray" {
		return setFlag(cmd, f, value)
	}
	words := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' })
	for i, w := range words {
		words[i] = strings.TrimSpace(w)
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	f.Changed = len(words) > 0
	return into.Replace(words)
}

func setFlag(cmd *cobra.Command, f *pflag.Flag, value string) error {
	if value == "" && takesWords(f) {
		return nil
	}
	err := cmd.Flags().Set(f.Name, value)
	if _, word := f.Value.(*enumValue); word && err != nil {
		return fmt.Errorf("%q is not a value for --%s: %w", value, f.Name, errors.Unwrap(err))
	}
	if err != nil {
		return fmt.Errorf("%q is not a value for --%s (%s)", value, f.Name, f.Value.Type())
	}
	return nil
}

// setFlagFrom sets a flag from a key of the file: a word, a list for a flag that
// can be repeated, or words by name for one that takes NAME=WORD.
func setFlagFrom(settings *koanf.Koanf, key string, cmd *cobra.Command, f *pflag.Flag) error {
	if takesWords(f) {
		return setWords(settings.Get(key), cmd, f)
	}
	list, ok := settings.Get(key).([]any)
	into, repeatable := f.Value.(pflag.SliceValue)
	if !ok || !repeatable {
		return setFlag(cmd, f, settings.String(key))
	}
	words := make([]string, len(list))
	for i, e := range list {
		if words[i], ok = e.(string); !ok {
			return fmt.Errorf("%v is not a word", e)
		}
	}
	f.Changed = true
	return into.Replace(words)
}

// takesWords tells flags of NAME=WORD, whose key in the file has a key for each
// name.
func takesWords(f *pflag.Flag) bool { return f.Value.Type() == "stringToString" }

func setWords(value any, cmd *cobra.Command, f *pflag.Flag) error {
	words, ok := value.(map[string]any)
	if !ok && value != nil {
		return errors.New("want a word for each name, one a line: 'name: word'")
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		word, ok := words[name].(string)
		if !ok || strings.ContainsAny(name+word, "=,\"\r\n") {
			return fmt.Errorf("%s: %v is not a word", name, words[name])
		}
		if err := setFlag(cmd, f, name+"="+word); err != nil {
			return err
		}
	}
	return nil
}

func loadConfig(env *Env, cmd *cobra.Command) (*koanf.Koanf, string, error) {
	settings := koanf.New(".")
	name, named := defaultConfigFile, false
	if f := cmd.Flags().Lookup("config"); f != nil && f.Changed {
		name, named = f.Value.String(), true
	} else if v, ok := env.LookupEnv("SCHEMACTL_CONFIG"); ok {
		name, named = v, true
	}
	if _, err := os.Stat(name); err != nil {
		if errors.Is(err, fs.ErrNotExist) && !named {
			return settings, name, nil
		}
		return nil, "", Usagef("configuration file %s cannot be read: %w", name, err)
	}
	if err := settings.Load(file.Provider(name), yaml.Parser()); err != nil {
		return nil, "", Usagef("configuration file %s is not valid YAML: %w", name, err)
	}
	return settings, name, nil
}

// checkKeys refuses keys that no flag has, all of them at once, so that a typing
// mistake does not silently leave a default in place.
func checkKeys(settings *koanf.Koanf, name string, root *cobra.Command) error {
	known := map[string]bool{topicsKey: true}
	var open []string // keys below which every key is a name
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			for _, key := range []string{f.Name, nounOf(c) + "." + f.Name} {
				known[key] = true
				if takesWords(f) {
					open = append(open, key+".")
				}
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	var unknown []string
	for _, key := range settings.Keys() {
		if !known[key] && !slices.ContainsFunc(open, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	if strings.HasPrefix(unknown[0], topicsKey+".") {
		return Usagef("configuration file %s: %s is a list, each item with its name, as in '- name: messages'", name, topicsKey)
	}
	return Usagef("configuration file %s has unknown keys: %s (a key is a flag's name, alone or under its command, such as migrate.lock-timeout)", name, strings.Join(unknown, ", "))
}
