package registry

import (
	"maps"
	"slices"
	"strconv"
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

// normal is m with sorted lists and without what is empty; nil for nothing.
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

// appendHash appends what a hash of content covers: names and values in order.
func (m *Metadata) appendHash(b []byte) []byte {
	for _, path := range slices.Sorted(maps.Keys(m.Tags)) {
		b = append(b, path...)
		for _, word := range m.Tags[path] {
			b = append(b, word...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Properties)) {
		b = append(append(b, name...), m.Properties[name]...)
	}
	for _, name := range m.Sensitive {
		b = append(b, name...)
	}
	return b
}

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
