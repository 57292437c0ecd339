package httpapi

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/internal/jsonwrite"
)

// schemaBody is the body that gives a schema. Members of the contract that are not
// here are not looked at. Numbers are those of four bytes, and any other is malformed.
type schemaBody struct {
	Schema     string               `json:"schema"`
	SchemaType string               `json:"schemaType"`
	References []registry.Reference `json:"references"`
	Metadata   *registry.Metadata   `json:"metadata"`
	Rules      *registry.RuleSet    `json:"ruleSet"`
	Version    int32                `json:"version"`
	ID         int32                `json:"id"`
	AddTags    []taggedBody         `json:"schemaTagsToAdd"`
	RemoveTags []taggedBody         `json:"schemaTagsToRemove"`
	Propagate  bool                 `json:"propagateSchemaTags"`
}

// readSchema reads a body that gives a schema.
func (r *request) readSchema() (schemaBody, error) {
	room := bodies.Get().(*[usualBody]byte)
	defer bodies.Put(room)
	body, err := r.bodyUpTo(r.maxBody, room[:])
	if err != nil {
		return schemaBody{}, err
	}
	if b, ok := scanSchema(body); ok {
		return b, nil
	}
	var b schemaBody
	if len(body) > maxBeside {
		var members map[string]json.RawMessage
		if err := parseJSON(body, &members); err != nil {
			return b, err
		}
		if len(body)-len(members["schema"]) > maxBeside {
			return b, fmt.Errorf("%w: beside the schema's text the body has more than %d bytes", registry.ErrSchemaTooLarge, maxBeside)
		}
	}
	err = parseJSON(body, &b)
	return b, err
}

func (b *schemaBody) schema() registry.Schema {
	return registry.Schema{
		Type: registry.Type(b.SchemaType), Text: b.Schema, References: b.References, Metadata: b.Metadata, Rules: b.Rules,
	}
}

// none is what some clients send for a number that they do not give, beside 0.
const none = -1

// version is 0 when the body gives none. A negative one is refused as any other that
// is not the next.
func (b *schemaBody) version() int {
	if b.Version == none {
		return 0
	}
	return int(b.Version)
}

// id is 0 when the body gives none. A negative one is given, and is above all that can
// be.
func (b *schemaBody) id() uint32 {
	switch {
	case b.ID == none:
		return 0
	case b.ID < 0:
		return math.MaxUint32
	}
	return uint32(b.ID)
}

// taggedBody says which words a part of a schema is tagged with.
type taggedBody struct {
	Entity struct {
		Path string `json:"entityPath"`
		Type string `json:"entityType"`
	} `json:"schemaEntity"`
	Tags []string `json:"tags"`
}

// The types of what can be tagged.
const (
	recordEntity = "sr_record"
	fieldEntity  = "sr_field"
)

func entityType(t registry.Tagged) string {
	if t.IsField {
		return fieldEntity
	}
	return recordEntity
}

func taggedList(list []taggedBody) ([]registry.Tagged, error) {
	var tagged []registry.Tagged
	for _, b := range list {
		if b.Entity.Type != recordEntity && b.Entity.Type != fieldEntity {
			return nil, wireError(http.StatusUnprocessableEntity,
				fmt.Sprintf("entityType %.40q is neither %s nor %s", b.Entity.Type, recordEntity, fieldEntity))
		}
		tagged = append(tagged, registry.Tagged{Path: b.Entity.Path, IsField: b.Entity.Type == fieldEntity, Tags: b.Tags})
	}
	return tagged, nil
}

// POST /subjects/{subject}
func (a *api) lookup(r *request) (answer, error) {
	b, err := r.readSchema()
	if err != nil {
		return nil, err
	}
	e, err := a.reg.Lookup(r.Context(), registry.LookupRequest{
		Subject: r.subject(), Schema: b.schema(), Normalize: r.flag("normalize"), Deleted: r.deleted(), Resolved: r.isResolved(),
	})
	return entry(e), err
}

// POST /subjects/{subject}/versions
func (a *api) register(r *request) (answer, error) {
	b, err := r.readSchema()
	if err != nil {
		return nil, err
	}
	req := registry.RegisterRequest{
		Subject: r.subject(), Schema: b.schema(), Version: b.version(), ID: b.id(),
		Normalize: r.flag("normalize"), Force: r.flag("force"), PropagateTags: b.Propagate,
	}
	if req.AddTags, err = taggedList(b.AddTags); err != nil {
		return nil, err
	}
	if req.RemoveTags, err = taggedList(b.RemoveTags); err != nil {
		return nil, err
	}
	e, err := a.reg.Register(r.Context(), req)
	return registered(e), err
}

// tagBody asks for other tags.
type tagBody struct {
	NewVersion  int32              `json:"newVersion"`
	Add         []taggedBody       `json:"tagsToAdd"`
	Remove      []taggedBody       `json:"tagsToRemove"`
	Metadata    *registry.Metadata `json:"metadata"`
	Rules       *registry.RuleSet  `json:"ruleSet"`
	MergeRules  *registry.RuleSet  `json:"rulesToMerge"`
	RemoveRules []string           `json:"rulesToRemove"`
}

// POST /subjects/{subject}/versions/{version}/tags
func (a *api) tag(r *request) (answer, error) {
	number, err := r.version()
	if err != nil {
		return nil, err
	}
	var b tagBody
	if err := r.readJSON(&b); err != nil {
		return nil, err
	}
	req := registry.TagRequest{
		Subject: r.subject(), Version: number, NewVersion: int(max(b.NewVersion, 0)), Metadata: b.Metadata,
		Rules: b.Rules, MergeRules: b.MergeRules, RemoveRules: b.RemoveRules,
	}
	if req.Add, err = taggedList(b.Add); err != nil {
		return nil, err
	}
	if req.Remove, err = taggedList(b.Remove); err != nil {
		return nil, err
	}
	e, err := a.reg.Tag(r.Context(), req)
	return registered(e), err
}

// POST /compatibility/subjects/{subject}/versions
// POST /compatibility/subjects/{subject}/versions/{version}
func (a *api) check(r *request) (answer, error) {
	number, err := r.version()
	if err != nil {
		return nil, err
	}
	b, err := r.readSchema()
	if err != nil {
		return nil, err
	}
	verbose := r.flag("verbose")
	result, err := a.reg.Check(r.Context(), registry.CheckRequest{
		Subject: r.subject(), Schema: b.schema(), Version: number, Normalize: r.flag("normalize"), Verbose: verbose,
	})
	return object(func(w *jsonwrite.Writer) {
		w.Truth("is_compatible", result.Compatible)
		if verbose {
			w.Member("messages")
			w.TextList(result.Messages)
		}
	}), err
}
