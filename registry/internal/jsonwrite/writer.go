// Package jsonwrite prints JSON in one order of members and one way of quoting, the
// ones that the JVM's usual JSON writer has: the records of a registry's topic and
// the answers of its server are to be the same, byte for byte, as others write them.
package jsonwrite

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/schemactl/schemactl/registry"
)

// Writer appends to B. The zero value is ready.
type Writer struct{ B []byte }

// Open begins an object, Close ends it.
func (w *Writer) Open() { w.B = append(w.B, '{') }

// Close ends an object.
func (w *Writer) Close() { w.B = append(w.B, '}') }

// Member begins a member of an object: what is written next is its value.
func (w *Writer) Member(name string) {
	if n := len(w.B); n > 0 && w.B[n-1] != '{' {
		w.B = append(w.B, ',')
	}
	w.B = append(append(append(w.B, '"'), name...), '"', ':')
}

// Text writes a member that is a text.
func (w *Writer) Text(name, value string) {
	w.Member(name)
	w.B = AppendText(w.B, value)
}

// Filled writes a text that is not empty.
func (w *Writer) Filled(name, value string) {
	if value != "" {
		w.Text(name, value)
	}
}

// Number writes a member that is a whole number.
func (w *Writer) Number(name string, value int64) {
	w.Member(name)
	w.B = strconv.AppendInt(w.B, value, 10)
}

// Truth writes a member that is true or false.
func (w *Writer) Truth(name string, value bool) {
	w.Member(name)
	w.B = strconv.AppendBool(w.B, value)
}

// Maybe writes a truth that is there.
func (w *Writer) Maybe(name string, value *bool) {
	if value != nil {
		w.Truth(name, *value)
	}
}

// Texts writes a list that is not empty.
func (w *Writer) Texts(name string, list []string) {
	if len(list) > 0 {
		w.Key(name)
		w.TextList(list)
	}
}

// Key is Member for a name that somebody chose, and has to be quoted.
func (w *Writer) Key(name string) {
	if n := len(w.B); w.B[n-1] != '{' {
		w.B = append(w.B, ',')
	}
	w.B = append(AppendText(w.B, name), ':')
}

// TextList writes a list.
func (w *Writer) TextList(list []string) {
	w.B = append(w.B, '[')
	for i, item := range list {
		w.B = AppendText(w.comma(i), item)
	}
	w.B = append(w.B, ']')
}

// comma is B, ready for item i of a list.
func (w *Writer) comma(i int) []byte {
	if i > 0 {
		return append(w.B, ',')
	}
	return w.B
}

// List writes a list of values, each by item.
func List[T any](w *Writer, list []T, item func(*Writer, T)) {
	w.B = append(w.B, '[')
	for i, v := range list {
		w.B = w.comma(i)
		item(w, v)
	}
	w.B = append(w.B, ']')
}

func (w *Writer) textMap(name string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	w.Member(name)
	w.Open()
	for _, key := range slices.Sorted(maps.Keys(m)) {
		w.Key(key)
		w.B = AppendText(w.B, m[key])
	}
	w.Close()
}

// References writes a list that is not empty.
func (w *Writer) References(list []registry.Reference) {
	if len(list) == 0 {
		return
	}
	w.Member("references")
	List(w, list, func(w *Writer, ref registry.Reference) {
		w.Open()
		w.Text("name", ref.Name)
		w.Text("subject", ref.Subject)
		w.Number("version", int64(ref.Version))
		w.Close()
	})
}

// Metadata writes metadata that is there.
func (w *Writer) Metadata(name string, m *registry.Metadata) {
	if m == nil {
		return
	}
	w.Member(name)
	w.Open()
	if len(m.Tags) > 0 {
		w.Member("tags")
		w.Open()
		for _, path := range slices.Sorted(maps.Keys(m.Tags)) {
			w.Key(path)
			w.TextList(m.Tags[path]) // one that is empty is part of what the content is, too
		}
		w.Close()
	}
	w.textMap("properties", m.Properties)
	w.Texts("sensitive", m.Sensitive)
	w.Close()
}

// Rules writes a rule set that is there.
func (w *Writer) Rules(name string, s *registry.RuleSet) {
	if s == nil {
		return
	}
	w.Member(name)
	w.Open()
	w.rules("migrationRules", s.MigrationRules)
	w.rules("domainRules", s.DomainRules)
	w.rules("encodingRules", s.EncodingRules)
	w.Close()
}

func (w *Writer) rules(name string, list []registry.Rule) {
	if len(list) == 0 {
		return
	}
	w.Member(name)
	List(w, list, func(w *Writer, r registry.Rule) {
		w.Open()
		w.Text("name", r.Name)
		w.Filled("doc", r.Doc)
		w.Filled("kind", r.Kind)
		w.Filled("mode", r.Mode)
		w.Filled("type", r.Type)
		w.Texts("tags", r.Tags)
		w.textMap("params", r.Params)
		w.Filled("expr", r.Expr)
		w.Filled("onSuccess", r.OnSuccess)
		w.Filled("onFailure", r.OnFailure)
		w.Truth("disabled", r.Disabled)
		w.Close()
	})
}

// Config writes the members of a config that are set. The level has more than one
// name.
func (w *Writer) Config(level string, c registry.Config) {
	w.Filled("alias", c.Alias)
	w.Maybe("normalize", c.Normalize)
	w.Maybe("validateFields", c.ValidateFields)
	w.Maybe("validateNewSchemas", c.ValidateNew)
	w.Maybe("validateRules", c.ValidateRules)
	w.Filled(level, string(c.Level))
	w.Filled("compatibilityPolicy", c.Policy)
	w.Filled("compatibilityGroup", c.Group)
	w.Metadata("defaultMetadata", c.DefaultMetadata)
	w.Metadata("overrideMetadata", c.OverrideMetadata)
	w.Rules("defaultRuleSet", c.DefaultRules)
	w.Rules("overrideRuleSet", c.OverrideRules)
}

// AppendText quotes as the JVM's usual JSON writer does when it writes bytes: only
// quotes, backslashes and control characters are escaped, and characters beyond
// 16 bits, as two. Hexadecimal digits are capitals.
func AppendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	plain := 0
	for i := 0; i < len(s); {
		if c := s[i]; isPlain[c] {
			i++
			continue
		}
		if c := s[i]; c == '"' || c == '\\' { // a schema is full of them
			dst = append(append(dst, s[plain:i]...), '\\')
			plain = i
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= utf8.RuneSelf && r <= 0xffff && r != utf8.RuneError {
			i += size
			continue
		}
		dst = appendRune(append(dst, s[plain:i]...), r)
		i += size
		plain = i
	}
	return append(append(dst, s[plain:]...), '"')
}

// isPlain tells the bytes that stand for themselves.
var isPlain = func() (plain [256]bool) {
	for c := range byte(utf8.RuneSelf) {
		plain[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return plain
}()

func appendRune(dst []byte, r rune) []byte {
	const short = "btn\x00fr" // 0x08 to 0x0d; 0x0b has no short form
	switch {
	case r >= 0x08 && r <= 0x0d && r != 0x0b:
		return append(dst, '\\', short[r-0x08])
	case r < 0x20:
		return appendEscape(dst, r)
	case r > 0xffff:
		r -= 0x10000
		return appendEscape(appendEscape(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
	}
	return utf8.AppendRune(dst, r)
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789ABCDEF"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
