package httpapi_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// call does an exchange as a call of the library. It is not ok where a call has no
// such form: what is about HTTP alone, and bodies that are not what is asked for.
func (x exchange) call(t *testing.T, reg *registry.Registry) (response, bool) {
	t.Helper()
	c, ok := newCall(t, x, reg)
	if !ok {
		return response{}, false
	}
	answer, ok, err := c.do()
	if !ok {
		return response{}, false
	}
	if err != nil {
		wire := registry.ToWire(err)
		return response{status: wire.Status, body: plain(t, map[string]any{"error_code": wire.Code, "message": wire.Message})}, true
	}
	if answer == nil {
		return response{status: 204}, true
	}
	return response{status: 200, body: plain(t, answer)}, true
}

// plain is a value as it comes out of JSON.
func plain(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// libraryCall is an exchange, read.
type libraryCall struct {
	ctx     context.Context
	reg     *registry.Registry
	method  string
	path    []string // without a context
	context string   // ":.name:", "" for none
	query   url.Values
	body    bodyOfCall
	members map[string]any
}

type bodyOfCall struct {
	Schema     string
	SchemaType registry.Type
	References []registry.Reference
	Metadata   *registry.Metadata
	RuleSet    *registry.RuleSet
	Version    int32
	ID         int32
	Mode       string

	SchemaTagsToAdd, SchemaTagsToRemove []tagsOfCall
	PropagateSchemaTags                 bool

	NewVersion              int32
	TagsToAdd, TagsToRemove []tagsOfCall
	RulesToMerge            *registry.RuleSet
	RulesToRemove           []string
}

type tagsOfCall struct {
	SchemaEntity struct{ EntityPath, EntityType string }
	Tags         []string
}

func tagged(list []tagsOfCall) (out []registry.Tagged) {
	for _, t := range list {
		out = append(out, registry.Tagged{Path: t.SchemaEntity.EntityPath, IsField: t.SchemaEntity.EntityType == "sr_field", Tags: t.Tags})
	}
	return out
}

func newCall(t *testing.T, x exchange, reg *registry.Registry) (*libraryCall, bool) {
	t.Helper()
	c := &libraryCall{ctx: t.Context(), reg: reg}
	var target string
	c.method, target, _ = strings.Cut(x.Do, " ")
	path, query, _ := strings.Cut(target, "?")
	var err error
	if c.query, err = url.ParseQuery(query); err != nil || len(x.Header) > 0 {
		return nil, false
	}
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		name, err := url.PathUnescape(step)
		if err != nil || name == "" {
			return nil, false
		}
		c.path = append(c.path, name)
	}
	if len(c.path) > 2 && c.path[0] == "contexts" {
		c.context = ":" + registry.ContextName(c.path[1]) + ":"
		c.path = c.path[2:]
	}
	if x.Body == nil {
		return c, true
	}
	members, ok := x.Body.(map[string]any)
	if !ok {
		return nil, false
	}
	c.members = members
	b, err := json.Marshal(x.Body)
	if err != nil {
		t.Fatal(err)
	}
	err = json.Unmarshal(b, &c.body)
	for _, list := range [][]tagsOfCall{c.body.SchemaTagsToAdd, c.body.SchemaTagsToRemove, c.body.TagsToAdd, c.body.TagsToRemove} {
		for _, tags := range list {
			if kind := tags.SchemaEntity.EntityType; kind != "sr_field" && kind != "sr_record" {
				return nil, false
			}
		}
	}
	return c, err == nil
}

func (c *libraryCall) flag(name string) bool { return strings.EqualFold(c.query.Get(name), "true") }

func (c *libraryCall) page() registry.Page {
	offset, _ := strconv.Atoi(c.query.Get("offset")) // what is no number asks for nothing
	limit, _ := strconv.Atoi(c.query.Get("limit"))
	return registry.Page{Offset: offset, Limit: limit}
}

func (c *libraryCall) deleted() registry.Deleted {
	if c.flag("deleted") {
		return registry.WithDeleted
	}
	return registry.WithoutDeleted
}

func (c *libraryCall) deletedInList() registry.Deleted {
	if c.flag("deletedOnly") {
		return registry.OnlyDeleted
	}
	return c.deleted()
}

// name is a subject in the context of the path.
func (c *libraryCall) name(subject string) string {
	if c.context == "" || strings.HasPrefix(subject, ":.") {
		return subject
	}
	return c.context + subject
}

func (c *libraryCall) schema() registry.Schema {
	b := c.body
	return registry.Schema{Type: b.SchemaType, Text: b.Schema, References: b.References, Metadata: b.Metadata, Rules: b.RuleSet}
}

// at is a step of the path, "" behind its end.
func (c *libraryCall) at(i int) string {
	if i < len(c.path) {
		return c.path[i]
	}
	return ""
}

// do finds the call. The path has at least one step.
func (c *libraryCall) do() (answer any, ok bool, err error) {
	switch c.path[0] {
	case "schemas":
		return c.doSchemas()
	case "subjects":
		return c.doSubjects()
	case "compatibility":
		return c.doCheck()
	case "config":
		return c.doConfig()
	case "mode":
		return c.doMode()
	case "contexts":
		switch {
		case c.method == "DELETE" && len(c.path) == 2:
			return nil, true, c.reg.DeleteContext(c.ctx, c.path[1])
		case c.method == "GET" && len(c.path) == 1 && c.context == "":
			names, err := c.reg.Contexts(c.ctx, registry.ContextsRequest{Prefix: c.query.Get("contextPrefix"), Page: c.page()})
			return list(names), true, err
		}
	}
	return nil, false, nil
}

func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// number is 0 for a number that is not given, which is -1 for some clients.
func number(n int32) int {
	if n == -1 {
		return 0
	}
	return int(n)
}
