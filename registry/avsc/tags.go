package avsc

import (
	"slices"
)

// tagsProp is the property that holds the tags of a record or a field.
const tagsProp = "confluent:tags"

// Tagged says which words a record or a field of a record is tagged with.
type Tagged struct {
	// Path is the full name of a record; for a field a dot and its name follow.
	Path    string
	IsField bool
	Tags    []string
}

// TagChange changes the tags of a schema. A path that the schema does not have is
// an error in Add and in Remove.
type TagChange struct {
	// Keep are tags of an earlier text: they are added where their paths still are.
	Keep        []Tagged
	Add, Remove []Tagged
}

// IsZero tells whether nothing is to change.
func (c TagChange) IsZero() bool { return len(c.Keep)+len(c.Add)+len(c.Remove) == 0 }

// Tagged lists what the text itself tags, records before their fields, in the order
// of the text.
func (s *Schema) Tagged() []Tagged {
	var list []Tagged
	s.walk(func(path string, isField bool, props *[]Prop) {
		if tags := tagsOf(*props); len(tags) > 0 {
			list = append(list, Tagged{Path: path, IsField: isField, Tags: tags})
		}
	})
	return list
}

// ParseTagged is Parse, and changes tags of what the text itself defines.
func ParseTagged(text string, change TagChange, refs ...*Schema) (*Schema, error) {
	s, err := Parse(text, refs...)
	if err != nil || change.IsZero() {
		return s, err
	}
	type entity struct {
		path    string
		isField bool
	}
	props := map[entity]*[]Prop{}
	s.walk(func(path string, isField bool, list *[]Prop) { props[entity{path, isField}] = list })
	for _, part := range []struct {
		list    []Tagged
		lenient bool
		apply   func(tags, change []string) []string
	}{{change.Keep, true, addTags}, {change.Add, false, addTags}, {change.Remove, false, removeTags}} {
		for _, t := range part.list {
			list, ok := props[entity{t.Path, t.IsField}]
			switch {
			case ok:
				*list = withTags(*list, part.apply(tagsOf(*list), t.Tags))
			case !part.lenient:
				return nil, invalidf("there is no %s %q to tag", map[bool]string{true: "field", false: "record"}[t.IsField], t.Path)
			}
		}
	}
	return s, nil
}

// walk calls visit for each record that the text defines and for each of their
// fields.
func (s *Schema) walk(visit func(path string, isField bool, props *[]Prop)) {
	seen := map[*Type]bool{}
	var walk func(t *Type)
	walk = func(t *Type) {
		switch {
		case t.Elem != nil:
			walk(t.Elem)
		case t.Kind == Union:
			for _, branch := range t.Branches {
				walk(branch)
			}
		case !t.Kind.isRecord() || seen[t] || s.own[t.Name.String()] != t:
		default:
			seen[t] = true
			visit(t.Name.String(), false, &t.Props)
			for _, f := range t.Fields {
				visit(t.Name.String()+"."+f.Name, true, &f.Props)
				walk(f.Type)
			}
		}
	}
	walk(s.root)
}

func tagsOf(props []Prop) []string {
	var tags []string
	for _, p := range props {
		if p.Key != tagsProp {
			continue
		}
		for _, item := range p.Value.v.parts {
			if item.kind == '"' {
				tags = append(tags, item.text)
			}
		}
	}
	return tags
}

func withTags(props []Prop, tags []string) []Prop {
	i := slices.IndexFunc(props, func(p Prop) bool { return p.Key == tagsProp })
	if len(tags) == 0 {
		return slices.DeleteFunc(props, func(p Prop) bool { return p.Key == tagsProp })
	}
	list := value{kind: '['}
	for _, tag := range tags {
		list.parts = append(list.parts, member{value: value{kind: '"', text: tag}})
	}
	if i < 0 {
		return append(props, Prop{Key: tagsProp, Value: JSON{list}})
	}
	props[i].Value = JSON{list}
	return props
}

func addTags(tags, change []string) []string {
	for _, tag := range change {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

func removeTags(tags, change []string) []string {
	return slices.DeleteFunc(tags, func(tag string) bool { return slices.Contains(change, tag) })
}
