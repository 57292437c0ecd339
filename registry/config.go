package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Config is what is set for a subject, a context, or all. A member with its zero
// value is not set, and what is above holds.
type Config struct {
	// Alias makes the name another one of a subject, for reads and writes.
	Alias string
	// Normalize says that texts are stored in their normal form.
	Normalize *bool
	// ValidateFields refuses names of fields that begin with "$$".
	ValidateFields *bool
	// ValidateNew false takes new schemas whose defaults and names are not valid.
	ValidateNew *bool
	// ValidateRules checks rule sets; it is kept for other registries.
	ValidateRules *bool
	Level         Level
	// Policy is STRICT or LOGICAL; it is kept, and both are checked alike.
	Policy string
	// Group names a property of the metadata: only versions with the same value
	// are compared.
	Group string
	// Default is below what a schema brings, Override above it.
	DefaultMetadata, OverrideMetadata *Metadata
	DefaultRules, OverrideRules       *RuleSet
}

// The names of a config's members, as the contract spells them.
const (
	FieldAlias            = "alias"
	FieldNormalize        = "normalize"
	FieldValidateFields   = "validateFields"
	FieldValidateNew      = "validateNewSchemas"
	FieldValidateRules    = "validateRules"
	FieldLevel            = "compatibility"
	FieldPolicy           = "compatibilityPolicy"
	FieldGroup            = "compatibilityGroup"
	FieldDefaultMetadata  = "defaultMetadata"
	FieldOverrideMetadata = "overrideMetadata"
	FieldDefaultRules     = "defaultRuleSet"
	FieldOverrideRules    = "overrideRuleSet"
)

// ConfigChange sets the members of Set that are not zero and clears those that
// Clear names; the others stay as they are.
type ConfigChange struct {
	Set   Config
	Clear []string
}

// over is c, and below that what base says of what c does not.
func (c Config) over(base Config) Config {
	pick := func(own, below *bool) *bool {
		if own != nil {
			return own
		}
		return below
	}
	text := func(own, below string) string {
		if own != "" {
			return own
		}
		return below
	}
	out := Config{
		Alias: text(c.Alias, base.Alias), Normalize: pick(c.Normalize, base.Normalize),
		ValidateFields: pick(c.ValidateFields, base.ValidateFields), ValidateNew: pick(c.ValidateNew, base.ValidateNew),
		ValidateRules: pick(c.ValidateRules, base.ValidateRules), Level: Level(text(string(c.Level), string(base.Level))),
		Policy: text(c.Policy, base.Policy), Group: text(c.Group, base.Group),
		DefaultMetadata: c.DefaultMetadata, OverrideMetadata: c.OverrideMetadata,
		DefaultRules: c.DefaultRules, OverrideRules: c.OverrideRules,
	}
	if out.DefaultMetadata == nil {
		out.DefaultMetadata = base.DefaultMetadata
	}
	if out.OverrideMetadata == nil {
		out.OverrideMetadata = base.OverrideMetadata
	}
	if out.DefaultRules == nil {
		out.DefaultRules = base.DefaultRules
	}
	if out.OverrideRules == nil {
		out.OverrideRules = base.OverrideRules
	}
	return out
}

// clear unsets the named members. Names that are none are not looked at.
func (c Config) clear(names []string) Config {
	for _, name := range names {
		switch name {
		case FieldAlias:
			c.Alias = ""
		case FieldNormalize:
			c.Normalize = nil
		case FieldValidateFields:
			c.ValidateFields = nil
		case FieldValidateNew:
			c.ValidateNew = nil
		case FieldValidateRules:
			c.ValidateRules = nil
		case FieldLevel, "compatibilityLevel":
			c.Level = ""
		case FieldPolicy:
			c.Policy = ""
		case FieldGroup:
			c.Group = ""
		case FieldDefaultMetadata:
			c.DefaultMetadata = nil
		case FieldOverrideMetadata:
			c.OverrideMetadata = nil
		case FieldDefaultRules:
			c.DefaultRules = nil
		case FieldOverrideRules:
			c.OverrideRules = nil
		}
	}
	return c
}

// check refuses values that no setting may have, and brings the others into form.
func (c *Config) check() error {
	if c.Level != "" {
		level, err := ParseLevel(string(c.Level))
		if err != nil {
			return err
		}
		c.Level = level
	}
	if c.Policy != "" {
		c.Policy = strings.ToUpper(c.Policy)
		if !slices.Contains([]string{"STRICT", "LOGICAL"}, c.Policy) {
			return fmt.Errorf("%w: compatibility policy %q is neither STRICT nor LOGICAL", ErrInvalidLevel, c.Policy)
		}
	}
	c.DefaultMetadata, c.OverrideMetadata = c.DefaultMetadata.normal(), c.OverrideMetadata.normal()
	for _, rules := range []*RuleSet{c.DefaultRules, c.OverrideRules} {
		if err := rules.check(); err != nil {
			return err
		}
	}
	return nil
}

// scopes are the names that a setting is looked for under, the nearest first.
func scopes(name string) []string {
	contextName, own := ContextOf(name)
	list := []string{contextScope(contextName)}
	if own != "" {
		list = []string{name, contextScope(contextName)}
	}
	if contextName != GlobalContext {
		list = append(list, contextScope(GlobalContext))
	}
	return list
}

// contextScope is the name under which a context's settings are kept.
func contextScope(contextName string) string {
	if contextName == DefaultContext {
		return ""
	}
	return ":" + contextName + ":"
}

// settingName is the name that a setting is kept under.
func settingName(name string) string {
	if name == ":.:" {
		return ""
	}
	return normalName(name)
}

// effectiveConfig is what holds for a name. A subject that has settings of its
// own but no level is at the default level, not at the one that it would inherit:
// the contract's reference does so.
func effectiveConfig(ctx context.Context, from Reader, name string) (Config, error) {
	out := Config{}
	for i, scope := range scopes(name) {
		c, err := from.Config(ctx, scope)
		if errors.Is(err, ErrConfigNotSet) {
			continue
		}
		if err != nil {
			return Config{}, err
		}
		if _, own := ContextOf(name); i == 0 && own != "" && c.Level == "" {
			c.Level = DefaultLevel
		}
		out = out.over(c)
	}
	if out.Level == "" {
		out.Level = DefaultLevel
	}
	return out, nil
}

// Config answers what is set for exactly that name: a subject, a context, or ""
// for the default context, where a level is always set. A subject that has
// settings but no level is at the default level. Else [ErrConfigNotSet].
func (r *Registry) Config(ctx context.Context, name string) (Config, error) {
	name = settingName(name)
	c, err := r.store.Config(ctx, name)
	if errors.Is(err, ErrConfigNotSet) && name == "" {
		return r.EffectiveConfig(ctx, "")
	}
	if err != nil {
		return Config{}, fmt.Errorf("read config of %q: %w", name, err)
	}
	if _, own := ContextOf(name); c.Level == "" && (name == "" || own != "") {
		c.Level = DefaultLevel
	}
	return c, nil
}

// EffectiveConfig answers what holds for a name, by what is set for it and for
// what it inherits from: its context, and [GlobalContext].
func (r *Registry) EffectiveConfig(ctx context.Context, name string) (Config, error) {
	c, err := effectiveConfig(ctx, r.store, settingName(name))
	if err != nil {
		return Config{}, fmt.Errorf("read config of %q: %w", name, err)
	}
	return c, nil
}

// SetConfig changes what is set for a name and answers the whole. A subject need
// not have versions yet; those that are there stay as they are. Errors:
// [ErrInvalidSubject] (also for an alias that can be no subject's), [ErrInvalidLevel],
// [ErrInvalidRules], [ErrNotPermitted] where writes are not.
func (r *Registry) SetConfig(ctx context.Context, name string, change ConfigChange) (Config, error) {
	name = settingName(name)
	var out Config
	err := checkSettable(name)
	if err == nil {
		err = change.Set.check()
	}
	if contextName, own := ContextOf(name); err == nil && own != "" && change.Set.Alias != "" {
		err = checkAlias(name, Qualify(contextName, change.Set.Alias))
	}
	if err == nil {
		err = r.store.Update(ctx, func(tx Tx) error {
			if err := writable(ctx, tx, name); err != nil {
				return err
			}
			c, err := tx.Config(ctx, name)
			if err != nil && !errors.Is(err, ErrConfigNotSet) {
				return err
			}
			out = change.Set.over(c.clear(change.Clear))
			return tx.SetConfig(ctx, name, out)
		})
	}
	if err != nil {
		return Config{}, fmt.Errorf("set config of %q: %w", name, err)
	}
	return out, nil
}

// DeleteConfig takes back what is set for a name and answers what it was. Where
// nothing is set it is [ErrSubjectNotFound], as the contract has it.
func (r *Registry) DeleteConfig(ctx context.Context, name string) (Config, error) {
	name = settingName(name)
	var was Config
	err := r.store.Update(ctx, func(tx Tx) error {
		if err := writable(ctx, tx, name); err != nil {
			return err
		}
		var err error
		was, err = tx.Config(ctx, name)
		switch {
		case errors.Is(err, ErrConfigNotSet) && name == "":
			was = Config{Level: DefaultLevel}
			return nil
		case errors.Is(err, ErrConfigNotSet):
			return fmt.Errorf("%w: nothing is set for it", ErrSubjectNotFound)
		case err != nil:
			return err
		}
		return tx.DeleteConfig(ctx, name)
	})
	if err != nil {
		return Config{}, fmt.Errorf("delete config of %q: %w", name, err)
	}
	return was, nil
}

// Level answers the level that is set for a name, or [ErrConfigNotSet].
func (r *Registry) Level(ctx context.Context, name string) (Level, error) {
	c, err := r.Config(ctx, name)
	if err == nil && c.Level == "" {
		return "", fmt.Errorf("read level of %q: %w", name, ErrConfigNotSet)
	}
	return c.Level, err
}

// EffectiveLevel answers the level that holds for a name.
func (r *Registry) EffectiveLevel(ctx context.Context, name string) (Level, error) {
	c, err := r.EffectiveConfig(ctx, name)
	return c.Level, err
}

// SetLevel is SetConfig of the level alone.
func (r *Registry) SetLevel(ctx context.Context, name string, level Level) error {
	if level == "" {
		return fmt.Errorf("set level of %q: %w: it is empty", name, ErrInvalidLevel)
	}
	_, err := r.SetConfig(ctx, name, ConfigChange{Set: Config{Level: level}})
	return err
}

// DeleteLevel is DeleteConfig, and answers the level.
func (r *Registry) DeleteLevel(ctx context.Context, name string) (Level, error) {
	c, err := r.DeleteConfig(ctx, name)
	return c.Level, err
}
