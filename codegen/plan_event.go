package codegen

import (
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// event decides how a record is published; it is nil for a record that is none.
func (pl *planner) event(n *namedType) *eventPlan {
	if n.event == nil {
		return nil
	}
	topic, key, sequence := n.event[attributeTopic], n.event[attributeKey], n.event[attributeSequence]
	if topic == nil || key == nil {
		missing, there := attributeTopic, attributeKey
		if topic != nil {
			missing, there = attributeKey, attributeTopic
		} else if key == nil {
			there = attributeSequence
		}
		pl.failIn(n.file, n.json, n.fullName(), "has %q but not %q: an event needs a topic and a key", there, missing)
		return nil
	}
	if !validTopic(topic.Text) {
		pl.failIn(n.file, topic, n.fullName(), "%q is no Kafka topic: up to 249 letters, digits, dots, underscores and hyphens", topic.Text)
	}
	e := &eventPlan{topic: topic.Text}
	e.key = pl.path(n, key, attributeKey, "an int, a long, a string, bytes or a uuid", kindInt, kindLong, kindString, kindBytes)
	if sequence != nil {
		e.sequence = pl.path(n, sequence, attributeSequence, "an int or a long", kindInt, kindLong)
	}
	return e
}

// path follows the field names that an attribute holds.
func (pl *planner) path(n *namedType, attribute *avrojson.Value, name, want string, allowed ...kind) *pathPlan {
	out := &pathPlan{}
	record := pl.types[n].record
	var selectors []string
	for step := range strings.SplitSeq(attribute.Text, ".") {
		f := record.field(step)
		if f == nil {
			pl.failIn(n.file, attribute, n.fullName(), "%q is %q, but there is no field %s", name, attribute.Text, step)
			return nil
		}
		selectors = append(selectors, f.goName)
		out.typ = f.typ
		record = &recordPlan{}
		if f.typ.op == opRecord {
			record = f.typ.record
		}
	}
	out.selector = strings.Join(selectors, ".")
	if s := out.typ.schema; s != nil && s.logical.name == "uuid" && slices.Contains(allowed, kindString) {
		return out
	}
	if out.typ.op == opScalar && slices.Contains(allowed, out.typ.schema.kind) && out.typ.schema.logical.name == "" {
		return out
	}
	pl.failIn(n.file, attribute, n.fullName(), "%q is %q, which must be %s, not nullable and without another logical type", name, attribute.Text, want)
	return nil
}

func (r *recordPlan) field(avroName string) *fieldPlan {
	for _, f := range r.fields {
		if f.avroName == avroName {
			return f
		}
	}
	return nil
}

func validTopic(s string) bool {
	const most = 249
	if s == "" || s == "." || s == ".." || len(s) > most {
		return false
	}
	for i := range len(s) {
		c := s[i]
		alphanumeric := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		if !alphanumeric && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
