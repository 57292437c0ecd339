package codegen

import "github.com/schemactl/schemactl/internal/avrojson"

// eventAttributes are the custom attributes that make a record an event.
const (
	attributeTopic    = "schemactl.topic"
	attributeKey      = "schemactl.key"
	attributeSequence = "schemactl.sequence"
)

func (p *parser) eventAttributes(n *namedType, v *avrojson.Value) {
	for _, name := range []string{attributeTopic, attributeKey, attributeSequence} {
		m := v.Get(name)
		if m == nil {
			continue
		}
		if m.Kind != avrojson.String || m.Text == "" {
			p.fail(m, n.fullName(), "%q is a string that is not empty", name)
			continue
		}
		if n.event == nil {
			n.event = map[string]*avrojson.Value{}
		}
		n.event[name] = m
	}
}
