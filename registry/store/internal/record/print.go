package record

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/schemactl/schemactl/registry"
)

// Key prints a record's key.
func Key(r Record) []byte {
	b := appendText([]byte(`{"keytype":`), string(r.Kind))
	switch r.Kind {
	case Schema:
		b = appendText(append(b, `,"subject":`...), r.Subject)
		b = strconv.AppendInt(append(b, `,"version":`...), int64(r.Version), 10)
		return append(b, `,"magic":1}`...)
	case Context:
		b = appendText(append(b, `,"tenant":"default","context":`...), r.Context)
	case Noop:
	case Config, Mode:
		if r.Subject != "" {
			b = appendText(append(b, `,"subject":`...), r.Subject)
		}
	case DeleteSubject, ClearSubject:
		b = appendText(append(b, `,"subject":`...), r.Subject)
	}
	return append(b, `,"magic":0}`...)
}

// Value prints a record's value; nil is a tombstone, or a Noop that says nothing.
func Value(r Record) []byte {
	if r.Gone {
		return nil
	}
	o := object{}
	switch r.Kind {
	case Schema:
		o.text("subject", r.Subject)
		o.number("version", int64(r.Version))
		o.number("id", int64(r.ID))
		o.text("schemaType", string(r.Content.Type))
		o.references(r.Content.References)
		o.metadata("metadata", r.Content.Metadata)
		o.rules("ruleSet", r.Content.Rules)
		o.text("schema", r.Content.Text)
		o.truth("deleted", r.Deleted)
	case Config:
		o.config(r.Subject, r.Settings)
	case Mode:
		o.filled("subject", r.Subject)
		o.text("mode", string(r.ModeValue))
	case DeleteSubject:
		o.text("subject", r.Subject)
		o.number("version", int64(r.Version))
	case ClearSubject:
		o.text("subject", r.Subject)
	case Context:
		o.text("tenant", "default")
		o.text("context", r.Context)
	case Noop:
		if len(r.LastIDs) == 0 {
			return nil
		}
		o.member("lastIds")
		inner := object{}
		for _, name := range slices.Sorted(maps.Keys(r.LastIDs)) {
			inner.number(name, int64(r.LastIDs[name]))
		}
		o.b = append(o.b, inner.end()...)
	}
	return o.end()
}

// object prints the members of a JSON object in the order of the calls.
type object struct{ b []byte }

func (o *object) member(name string) {
	if len(o.b) == 0 {
		o.b = append(o.b, '{')
	} else {
		o.b = append(o.b, ',')
	}
	o.b = append(appendText(o.b, name), ':')
}

func (o *object) end() []byte {
	if len(o.b) == 0 {
		return []byte("{}")
	}
	return append(o.b, '}')
}

func (o *object) text(name, value string) {
	o.member(name)
	o.b = appendText(o.b, value)
}

// filled prints a text that is not empty.
func (o *object) filled(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *object) number(name string, value int64) {
	o.member(name)
	o.b = strconv.AppendInt(o.b, value, 10)
}

func (o *object) truth(name string, value bool) {
	o.member(name)
	o.b = strconv.AppendBool(o.b, value)
}

func (o *object) maybe(name string, value *bool) {
	if value != nil {
		o.truth(name, *value)
	}
}

func (o *object) texts(name string, list []string) {
	if len(list) == 0 {
		return
	}
	o.member(name)
	o.b = append(o.b, '[')
	for i, item := range list {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = appendText(o.b, item)
	}
	o.b = append(o.b, ']')
}

func (o *object) textMap(name string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	o.member(name)
	inner := object{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		inner.text(key, m[key])
	}
	o.b = append(o.b, inner.end()...)
}

func (o *object) references(list []registry.Reference) {
	if len(list) == 0 {
		return
	}
	o.member("references")
	for i, ref := range list {
		o.b = append(o.b, "[,"[min(i, 1)])
		inner := object{}
		inner.text("name", ref.Name)
		inner.text("subject", ref.Subject)
		inner.number("version", int64(ref.Version))
		o.b = append(o.b, inner.end()...)
	}
	o.b = append(o.b, ']')
}

func (o *object) metadata(name string, m *registry.Metadata) {
	if m == nil {
		return
	}
	o.member(name)
	inner := object{}
	if len(m.Tags) > 0 {
		inner.member("tags")
		tags := object{}
		for _, path := range slices.Sorted(maps.Keys(m.Tags)) {
			tags.texts(path, m.Tags[path])
		}
		inner.b = append(inner.b, tags.end()...)
	}
	inner.textMap("properties", m.Properties)
	inner.texts("sensitive", m.Sensitive)
	o.b = append(o.b, inner.end()...)
}

func (o *object) rules(name string, s *registry.RuleSet) {
	if s == nil {
		return
	}
	o.member(name)
	inner := object{}
	for _, list := range []struct {
		name  string
		rules []registry.Rule
	}{{"migrationRules", s.MigrationRules}, {"domainRules", s.DomainRules}, {"encodingRules", s.EncodingRules}} {
		if len(list.rules) == 0 {
			continue
		}
		inner.member(list.name)
		for i, rule := range list.rules {
			inner.b = append(inner.b, "[,"[min(i, 1)])
			inner.b = append(inner.b, rulePrinted(rule)...)
		}
		inner.b = append(inner.b, ']')
	}
	o.b = append(o.b, inner.end()...)
}

func rulePrinted(r registry.Rule) []byte {
	o := object{}
	o.text("name", r.Name)
	o.filled("doc", r.Doc)
	o.filled("kind", r.Kind)
	o.filled("mode", r.Mode)
	o.filled("type", r.Type)
	o.texts("tags", r.Tags)
	o.textMap("params", r.Params)
	o.filled("expr", r.Expr)
	o.filled("onSuccess", r.OnSuccess)
	o.filled("onFailure", r.OnFailure)
	o.truth("disabled", r.Disabled)
	return o.end()
}

func (o *object) config(subject string, c registry.Config) {
	o.filled("subject", subject)
	o.filled("alias", c.Alias)
	o.maybe("normalize", c.Normalize)
	o.maybe("validateFields", c.ValidateFields)
	o.maybe("validateNewSchemas", c.ValidateNew)
	o.maybe("validateRules", c.ValidateRules)
	o.filled("compatibilityLevel", string(c.Level))
	o.filled("compatibilityPolicy", c.Policy)
	o.filled("compatibilityGroup", c.Group)
	o.metadata("defaultMetadata", c.DefaultMetadata)
	o.metadata("overrideMetadata", c.OverrideMetadata)
	o.rules("defaultRuleSet", c.DefaultRules)
	o.rules("overrideRuleSet", c.OverrideRules)
}

// appendText quotes as the JVM's usual JSON writer does when it writes bytes: only
// quotes, backslashes and control characters are escaped, and characters beyond
// 16 bits, as two. Hexadecimal digits are capitals.
func appendText(dst []byte, s string) []byte {
	const short = "btn\x00fr" // 0x08 to 0x0d; 0x0b has no short form
	dst = append(dst, '"')
	plain := 0
	for i, r := range s {
		if r >= 0x20 && r != '"' && r != '\\' && r <= 0xffff && r != utf8.RuneError {
			continue
		}
		dst = append(dst, s[plain:i]...)
		_, size := utf8.DecodeRuneInString(s[i:])
		plain = i + size
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r >= 0x08 && r <= 0x0d && r != 0x0b:
			dst = append(dst, '\\', short[r-0x08])
		case r < 0x20:
			dst = appendEscape(dst, r)
		case r > 0xffff:
			r -= 0x10000
			dst = appendEscape(appendEscape(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(append(dst, s[plain:]...), '"')
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789ABCDEF"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
