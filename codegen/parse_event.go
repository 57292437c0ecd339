package codegen

import (
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// eventAttributes are the custom attributes that make a record an event.
const (
	attributeTopic    = "schemactl.topic"
	attributeKey      = "schemactl.key"
	attributeSequence = "schemactl.sequence"
)

// attributePrefix is that of attributes that mean something here.
const attributePrefix = "schemactl."

// foreignAttributes notes attributes with our prefix that mean nothing: whoever
// misspells one should not have to wonder why nothing happens.
func (p *parser) foreignAttributes(v *avrojson.Value, at string, known ...string) {
	for _, m := range v.Members {
		if strings.HasPrefix(m.Key, attributePrefix) && !slices.Contains(known, m.Key) {
			p.fail(m.Value, at, "%q means nothing here; a record can have %q, %q and %q", m.Key, attributeTopic, attributeKey, attributeSequence)
		}
	}
}

func (p *parser) eventAttributes(n *namedType, v *avrojson.Value) {
	p.foreignAttributes(v, n.fullName(), attributeTopic, attributeKey, attributeSequence)
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
