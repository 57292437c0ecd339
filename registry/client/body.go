package client

import (
	"time"

	"github.com/schemactl/schemactl/registry"
)

// schemaBody is the body that gives a schema.
type schemaBody struct {
	Schema     string               `json:"schema"`
	SchemaType registry.Type        `json:"schemaType,omitempty"`
	References []registry.Reference `json:"references,omitempty"`
	Metadata   *registry.Metadata   `json:"metadata,omitempty"`
	Rules      *registry.RuleSet    `json:"ruleSet,omitempty"`
	Version    int                  `json:"version,omitempty"`
	ID         uint32               `json:"id,omitempty"`
}

func newSchemaBody(s registry.Schema) schemaBody {
	b := schemaBody{Schema: s.Text, References: s.References, Metadata: s.Metadata, Rules: s.Rules}
	if s.Type != registry.Avro { // left out: old servers know no types
		b.SchemaType = s.Type
	}
	return b
}

type entryBody struct {
	schemaBody
	Subject string `json:"subject"`
	GUID    string `json:"guid"`
	Created int64  `json:"ts"`
	Deleted bool   `json:"deleted"`
}

func (b entryBody) entry() registry.Entry {
	e := registry.Entry{
		Schema:  registry.Schema{Type: b.SchemaType, Text: b.Schema, References: b.References, Metadata: b.Metadata, Rules: b.Rules},
		Subject: b.Subject, Version: b.Version, ID: b.ID, Deleted: b.Deleted,
	}
	if e.Type == "" {
		e.Type = registry.Avro
	}
	if guid, err := registry.ParseHash(b.GUID); err == nil { // old servers send none
		e.GUID = guid
	}
	if b.Created != 0 {
		e.Created = time.UnixMilli(b.Created).UTC()
	}
	return e
}
