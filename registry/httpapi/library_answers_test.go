package httpapi_test

import (
	"encoding/json"

	"github.com/schemactl/schemactl/registry"
)

// entryAnswer is an entry as the contract shows it, with its id or without.
func entryAnswer(e registry.Entry, withID bool) map[string]any {
	out := map[string]any{
		"subject": e.Subject, "version": e.Version, "guid": e.GUID.String(), "schemaType": e.Type, "schema": e.Text, "ts": e.Created.UnixMilli(),
	}
	if withID {
		out["id"] = e.ID
	}
	if len(e.References) > 0 {
		out["references"] = e.References
	}
	if e.Metadata != nil {
		out["metadata"] = e.Metadata
	}
	if e.Rules != nil {
		out["ruleSet"] = e.Rules
	}
	if e.Deleted {
		out["deleted"] = true
	}
	if len(e.Aliases) > 0 {
		out["aliases"] = e.Aliases
	}
	var tags []any
	for _, t := range e.Tags {
		kind := map[bool]string{true: "sr_field", false: "sr_record"}[t.IsField]
		tags = append(tags, map[string]any{"schemaEntity": map[string]any{"entityPath": t.Path, "entityType": kind}, "tags": t.Tags})
	}
	if tags != nil {
		out["schemaTags"] = tags
	}
	return out
}

// schemaAnswer is the schema itself, of types whose schemas are JSON.
func schemaAnswer(e registry.Entry) any { return json.RawMessage(e.Text) }

func configAnswer(level string, c registry.Config) map[string]any {
	out := map[string]any{}
	for name, value := range map[string]string{
		"alias": c.Alias, level: string(c.Level), "compatibilityPolicy": c.Policy, "compatibilityGroup": c.Group,
	} {
		if value != "" {
			out[name] = value
		}
	}
	for name, value := range map[string]*bool{
		"normalize": c.Normalize, "validateFields": c.ValidateFields, "validateNewSchemas": c.ValidateNew, "validateRules": c.ValidateRules,
	} {
		if value != nil {
			out[name] = *value
		}
	}
	for name, value := range map[string]*registry.Metadata{"defaultMetadata": c.DefaultMetadata, "overrideMetadata": c.OverrideMetadata} {
		if value != nil {
			out[name] = value
		}
	}
	for name, value := range map[string]*registry.RuleSet{"defaultRuleSet": c.DefaultRules, "overrideRuleSet": c.OverrideRules} {
		if value != nil {
			out[name] = value
		}
	}
	return out
}

// changeOf reads what a body sets and clears. It is not ok when a member is not what
// it should be.
func changeOf(members map[string]any) (registry.ConfigChange, bool) {
	b, err := json.Marshal(members)
	if err != nil {
		return registry.ConfigChange{}, false
	}
	var set struct {
		Alias                                                  string
		Normalize, ValidateFields                              *bool
		ValidateNewSchemas, ValidateRules                      *bool
		Compatibility, CompatibilityPolicy, CompatibilityGroup string
		CompatibilityLevel                                     string
		DefaultMetadata, OverrideMetadata                      *registry.Metadata
		DefaultRuleSet, OverrideRuleSet                        *registry.RuleSet
	}
	if json.Unmarshal(b, &set) != nil {
		return registry.ConfigChange{}, false
	}
	if level, has := members["compatibility"]; has && level == "" {
		return registry.ConfigChange{}, false
	}
	return registry.ConfigChange{Clear: sortedNames(members), Set: registry.Config{
		Alias: set.Alias, Normalize: set.Normalize, ValidateFields: set.ValidateFields, ValidateNew: set.ValidateNewSchemas,
		ValidateRules: set.ValidateRules, Level: registry.Level(set.Compatibility + set.CompatibilityLevel), Policy: set.CompatibilityPolicy,
		Group: set.CompatibilityGroup, DefaultMetadata: set.DefaultMetadata, OverrideMetadata: set.OverrideMetadata,
		DefaultRules: set.DefaultRuleSet, OverrideRules: set.OverrideRuleSet,
	}}, true
}
