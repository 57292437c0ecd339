package cli

import (
	"errors"
	"fmt"
	"io/fs"
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
	noun := nounOf(cmd)
	var problems []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || slices.Contains(notConfigurable, f.Name) {
			return
		}
		if value, ok := env.LookupEnv(variable(f.Name)); ok {
			if err := setFlag(cmd, f, value); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", variable(f.Name), err))
			}
			return
		}
		for _, key := range []string{noun + "." + f.Name, f.Name} {
			if !settings.Exists(key) {
				continue
			}
			if err := setFlag(cmd, f, settingText(settings, key)); err != nil {
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

func setFlag(cmd *cobra.Command, f *pflag.Flag, value string) error {
	if err := cmd.Flags().Set(f.Name, value); err != nil {
		return fmt.Errorf("%q is not a value for --%s (%s)", value, f.Name, f.Value.Type())
	}
	return nil
}

func settingText(settings *koanf.Koanf, key string) string {
	if list := settings.Strings(key); len(list) > 0 {
		return strings.Join(list, ",")
	}
	return settings.String(key)
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
	known := map[string]bool{}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			known[f.Name] = true
			known[nounOf(c)+"."+f.Name] = true
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	var unknown []string
	for _, key := range settings.Keys() {
		if !known[key] {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return Usagef("configuration file %s has unknown keys: %s (a key is a flag's name, alone or under its command, such as migrate.lock-timeout)", name, strings.Join(unknown, ", "))
}
