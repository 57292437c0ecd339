package record

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/schemactl/schemactl/registry"
)

// UnknownError says that a record is of a kind that a registry has no use for.
type UnknownError struct{ Kind string }

func (e *UnknownError) Error() string { return fmt.Sprintf("record of kind %q", e.Kind) }

type parsedKey struct {
	Kind    string `json:"keytype"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
	Context string `json:"context"`
	Magic   int    `json:"magic"`
}

type parsedValue struct {
	ID         uint32               `json:"id"`
	Version    int                  `json:"version"`
	Type       registry.Type        `json:"schemaType"`
	References []registry.Reference `json:"references"`
	Metadata   *registry.Metadata   `json:"metadata"`
	Rules      *registry.RuleSet    `json:"ruleSet"`
	Schema     string               `json:"schema"`
	Deleted    bool                 `json:"deleted"`
	Mode       registry.Mode        `json:"mode"`
	LastIDs    map[string]uint32    `json:"lastIds"`
	parsedConfig
}

type parsedConfig struct {
	Alias            string             `json:"alias"`
	Normalize        *bool              `json:"normalize"`
	ValidateFields   *bool              `json:"validateFields"`
	ValidateNew      *bool              `json:"validateNewSchemas"`
	ValidateRules    *bool              `json:"validateRules"`
	Level            registry.Level     `json:"compatibilityLevel"`
	Policy           string             `json:"compatibilityPolicy"`
	Group            string             `json:"compatibilityGroup"`
	DefaultMetadata  *registry.Metadata `json:"defaultMetadata"`
	OverrideMetadata *registry.Metadata `json:"overrideMetadata"`
	DefaultRules     *registry.RuleSet  `json:"defaultRuleSet"`
	OverrideRules    *registry.RuleSet  `json:"overrideRuleSet"`
}

// Parse reads a key and a value in any spelling: members in any order, more of
// them than are known. A value that is empty is a tombstone like one that is nil.
// The error is an [*UnknownError] for kinds that are not those of this package.
func Parse(key, value []byte, at time.Time) (Record, error) {
	var k parsedKey
	if !scanKey(key, &k) {
		k = parsedKey{}
		if err := json.Unmarshal(key, &k); err != nil {
			return Record{}, fmt.Errorf("key of a record: %w", err)
		}
	}
	r := Record{Kind: Kind(k.Kind), Subject: k.Subject, Version: k.Version, Context: k.Context, Gone: len(value) == 0, Time: at}
	switch r.Kind {
	case Schema, Config, Mode, DeleteSubject, ClearSubject, Context:
	case Noop:
		r.Gone = false
	default:
		return Record{}, &UnknownError{k.Kind}
	}
	if len(value) == 0 {
		return r, nil
	}
	var v parsedValue
	if r.Kind != Schema || !scanSchema(value, &v) {
		v = parsedValue{}
		if err := json.Unmarshal(value, &v); err != nil {
			return Record{}, fmt.Errorf("value of the record %s: %w", key, err)
		}
	}
	r.fill(&v)
	return r, nil
}

func (r *Record) fill(v *parsedValue) {
	switch r.Kind {
	case Schema:
		r.ID, r.Deleted = v.ID, v.Deleted
		r.Content = registry.Schema{Type: v.Type, Text: v.Schema, References: v.References, Metadata: v.Metadata, Rules: v.Rules}
		if r.Content.Type == "" {
			r.Content.Type = registry.Avro
		}
	case Config:
		r.Settings = registry.Config(v.parsedConfig)
	case Mode:
		r.ModeValue = v.Mode
	case DeleteSubject:
		r.Version = v.Version
	case Noop:
		r.LastIDs = v.LastIDs
	case ClearSubject, Context:
	}
}
