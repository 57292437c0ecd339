package httpapi

import (
	"github.com/schemactl/schemactl/registry"
)

// schemaRequest is the body that gives a schema. Members of the contract that
// are not here are not looked at.
type schemaRequest struct {
	Schema     string               `json:"schema"`
	SchemaType string               `json:"schemaType"`
	References []registry.Reference `json:"references"`
	Version    int                  `json:"version"`
	ID         int64                `json:"id"`
}

func (b schemaRequest) schema() registry.Schema {
	return registry.Schema{Type: registry.Type(b.SchemaType), Text: b.Schema, References: b.References}
}

// entryBody is a schema in an answer. What does not apply is left out.
type entryBody struct {
	Subject    string               `json:"subject,omitempty"`
	ID         uint32               `json:"id,omitempty"`
	Version    int                  `json:"version,omitempty"`
	GUID       string               `json:"guid"`
	SchemaType registry.Type        `json:"schemaType"`
	References []registry.Reference `json:"references,omitempty"`
	Schema     string               `json:"schema"`
	// Created is in milliseconds since 1970.
	Created int64 `json:"ts,omitempty"`
}

func newEntryBody(e registry.Entry) entryBody {
	b := entryBody{
		Subject: e.Subject, ID: e.ID, Version: e.Version, GUID: e.GUID.String(),
		SchemaType: e.Type, References: e.References, Schema: e.Text,
	}
	if !e.Created.IsZero() {
		b.Created = e.Created.UnixMilli()
	}
	return b
}

// checkBody is the answer of a check.
type checkBody struct {
	Compatible bool      `json:"is_compatible"`
	Messages   *[]string `json:"messages,omitempty"`
}

// levelRequest sets a level.
type levelRequest struct {
	Compatibility string `json:"compatibility"`
	// Level is the other name of the same member, which answers to GET have.
	Level string `json:"compatibilityLevel"`
}

// levelBody is what is set. The contract calls it by another name in answers to PUT.
type levelBody struct {
	Level registry.Level `json:"compatibilityLevel"`
}

type levelSetBody struct {
	Level registry.Level `json:"compatibility"`
}

// versionBody is what the server says of itself.
type versionBody struct {
	Version string `json:"version"`
	Commit  string `json:"commitId"`
}

// list makes sure that an answer without items is [] and not null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
