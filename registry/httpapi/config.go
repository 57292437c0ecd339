package httpapi

import (
	"bytes"
	"encoding/json"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/internal/jsonwrite"
)

// The level has two names: answers to GET and DELETE have the first one, requests
// and answers to PUT the second.
const (
	levelRead = "compatibilityLevel"
	levelSet  = registry.FieldLevel
)

// configBody sets what it has. A member that is null takes a setting back.
type configBody struct {
	Alias            string             `json:"alias"`
	Normalize        *bool              `json:"normalize"`
	ValidateFields   *bool              `json:"validateFields"`
	ValidateNew      *bool              `json:"validateNewSchemas"`
	ValidateRules    *bool              `json:"validateRules"`
	Level            *string            `json:"compatibility"`
	LevelRead        *string            `json:"compatibilityLevel"`
	Policy           string             `json:"compatibilityPolicy"`
	Group            string             `json:"compatibilityGroup"`
	DefaultMetadata  *registry.Metadata `json:"defaultMetadata"`
	OverrideMetadata *registry.Metadata `json:"overrideMetadata"`
	DefaultRules     *registry.RuleSet  `json:"defaultRuleSet"`
	OverrideRules    *registry.RuleSet  `json:"overrideRuleSet"`
}

func readChange(body []byte) (registry.ConfigChange, error) {
	var b configBody
	if err := parseJSON(body, &b); err != nil {
		return registry.ConfigChange{}, err
	}
	change := registry.ConfigChange{Set: registry.Config{
		Alias: b.Alias, Normalize: b.Normalize, ValidateFields: b.ValidateFields, ValidateNew: b.ValidateNew,
		ValidateRules: b.ValidateRules, Policy: b.Policy, Group: b.Group,
		DefaultMetadata: b.DefaultMetadata, OverrideMetadata: b.OverrideMetadata,
		DefaultRules: b.DefaultRules, OverrideRules: b.OverrideRules,
	}}
	for _, level := range []*string{b.LevelRead, b.Level} {
		if level == nil {
			continue
		}
		var err error
		if change.Set.Level, err = registry.ParseLevel(*level); err != nil {
			return registry.ConfigChange{}, err
		}
	}
	var members map[string]json.RawMessage
	if err := parseJSON(body, &members); err != nil {
		return registry.ConfigChange{}, err
	}
	for name, value := range members {
		if bytes.Equal(value, []byte("null")) {
			change.Clear = append(change.Clear, name)
		}
	}
	return change, nil
}

func configAnswer(level string, c registry.Config) answer {
	return object(func(w *jsonwrite.Writer) { w.Config(level, c) })
}

// GET /config
// GET /config/{subject}
func (a *api) readConfig(r *request) (answer, error) {
	ask := a.reg.Config
	if r.flag("defaultToGlobal") {
		ask = a.reg.EffectiveConfig
	}
	c, err := ask(r.Context(), r.subject())
	return configAnswer(levelRead, c), err
}

// PUT /config
// PUT /config/{subject}
func (a *api) setConfig(r *request) (answer, error) {
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	change, err := readChange(body)
	if err != nil {
		return nil, err
	}
	c, err := a.reg.SetConfig(r.Context(), r.subject(), change)
	return configAnswer(levelSet, c), err
}

// DELETE /config
// DELETE /config/{subject}
func (a *api) deleteConfig(r *request) (answer, error) {
	c, err := a.reg.DeleteConfig(r.Context(), r.subject())
	return configAnswer(levelRead, c), err
}
