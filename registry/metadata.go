package registry

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Metadata is what people say about a schema.
type Metadata struct {
	// Tags are words about parts of the schema, by the part's path.
	Tags map[string][]string `json:"tags,omitempty"`
	// Properties are free names and values.
	Properties map[string]string `json:"properties,omitempty"`
	// Sensitive are the names of properties that are not for everyone's eyes.
	Sensitive []string `json:"sensitive,omitempty"`
}

// normal is m with sorted lists; nil for nil.
func (m *Metadata) normal() *Metadata {
	if m == nil {
		return nil
	}
	out := &Metadata{}
	for path, words := range m.Tags {
		if out.Tags == nil {
			out.Tags = map[string][]string{}
		}
		out.Tags[path] = unique(words)
	}
	if len(m.Properties) > 0 {
		out.Properties = maps.Clone(m.Properties)
	}
	out.Sensitive = unique(m.Sensitive)
	return out
}

// unique is a list sorted, each item once; nil when it is empty.
func unique(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// texts are what a hash of content covers: names and values in order.
func (m *Metadata) texts() []string {
	var list []string
	for _, path := range slices.Sorted(maps.Keys(m.Tags)) {
		list = append(append(list, path), m.Tags[path]...)
	}
	list = appendPairs(list, m.Properties)
	return append(list, m.Sensitive...)
}

func appendPairs(list []string, pairs map[string]string) []string {
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		list = append(list, name, pairs[name])
	}
	return list
}

// check refuses what would not be read back as it was stored.
func (m *Metadata) check() error {
	if m == nil || !slices.ContainsFunc(m.texts(), isNoUTF8) {
		return nil
	}
	return fmt.Errorf("%w: its metadata is no UTF-8", ErrInvalidSchema)
}

func isNoUTF8(text string) bool { return !utf8.ValidString(text) }

// over is what m says, and below that what base says of what m does not. Either
// may be nil.
func (m *Metadata) over(base *Metadata) *Metadata {
	switch {
	case m == nil:
		return base.normal()
	case base == nil:
		return m.normal()
	}
	out := base.normal()
	for path, words := range m.Tags {
		if out.Tags == nil {
			out.Tags = map[string][]string{}
		}
		out.Tags[path] = words
	}
	for name, value := range m.Properties {
		if out.Properties == nil {
			out.Properties = map[string]string{}
		}
		out.Properties[name] = value
	}
	out.Sensitive = append(out.Sensitive, m.Sensitive...)
	return out.normal()
}

// versionProperty is a property that a registry writes into a version of its own
// making, so that it is another content than one that says the same.
const versionProperty = "confluent:version"

// withVersion is m, and says which version it is of.
func (m *Metadata) withVersion(n int) *Metadata {
	return (&Metadata{Properties: map[string]string{versionProperty: strconv.Itoa(n)}}).over(m)
}

// withoutVersion is what m says of the schema; nil for nothing.
func (m *Metadata) withoutVersion() *Metadata {
	if _, has := m.get(versionProperty); !has {
		return m
	}
	out := m.normal()
	if delete(out.Properties, versionProperty); len(out.Properties) == 0 {
		out.Properties = nil
	}
	if len(out.Tags)+len(out.Properties)+len(out.Sensitive) == 0 {
		return nil
	}
	return out
}

// property is the value of a property; empty when there is none.
func (m *Metadata) property(name string) string {
	if m == nil {
		return ""
	}
	return m.Properties[name]
}

func (m *Metadata) has(properties map[string]string) bool {
	for name, value := range properties {
		if got, ok := m.get(name); !ok || got != value {
			return false
		}
	}
	return true
}

func (m *Metadata) get(name string) (string, bool) {
	if m == nil {
		return "", false
	}
	value, ok := m.Properties[name]
	return value, ok
}
