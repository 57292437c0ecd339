package migrate

import "strings"

// symbol is a word, a quoted name, a literal or a sign of a statement.
type symbol struct {
	text string
	kind symbolKind
}

type symbolKind int

const (
	symbolWord symbolKind = iota
	symbolName            // quoted, here without its quotes
	symbolLiteral
	symbolSign
)

// symbols cuts a statement up, without its comments and its end.
func (l lexis) symbols(text string) []symbol {
	var out []symbol
	for _, t := range l.tokens(text) {
		s := text[t.from:t.to]
		switch t.kind {
		case tokenWord:
			out = append(out, symbol{s, symbolWord})
		case tokenLiteral:
			out = append(out, symbol{s, symbolLiteral})
		case tokenOther:
			out = append(out, signs(s)...)
		case tokenComment, tokenEnd:
		}
	}
	for len(out) > 0 && out[len(out)-1] == (symbol{";", symbolSign}) {
		out = out[:len(out)-1]
	}
	return out
}

func signs(s string) []symbol {
	var out []symbol
	for i := 0; i < len(s); {
		size := 1
		switch c := s[i]; c {
		case ' ', '\t', '\r', '\n':
		case '`', '"':
			size = quoted(s[i:], c, false)
			name := strings.TrimSuffix(s[i+1:i+size], string(c))
			out = append(out, symbol{strings.ReplaceAll(name, string(c)+string(c), string(c)), symbolName})
		default:
			out = append(out, symbol{s[i : i+1], symbolSign})
		}
		i += size
	}
	return out
}

// reader goes through a statement's symbols.
type reader struct{ left []symbol }

// word reports whether the i-th of those left is one of the words.
func (r *reader) word(i int, words ...string) bool {
	if i >= len(r.left) || r.left[i].kind != symbolWord {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(r.left[i].text, w) {
			return true
		}
	}
	return false
}

// take passes over the words, if all of them come next.
func (r *reader) take(words ...string) bool {
	for i, w := range words {
		if !r.word(i, w) {
			return false
		}
	}
	r.left = r.left[len(words):]
	return true
}

// any passes over one of the words.
func (r *reader) any(words ...string) bool {
	if !r.word(0, words...) {
		return false
	}
	r.left = r.left[1:]
	return true
}

// next reports whether a sign comes next, and sign passes over it.
func (r *reader) next(s string) bool {
	return len(r.left) > 0 && r.left[0] == symbol{s, symbolSign}
}

func (r *reader) sign(s string) bool {
	if !r.next(s) {
		return false
	}
	r.left = r.left[1:]
	return true
}

// skip passes over one symbol, whatever it is.
func (r *reader) skip() {
	if len(r.left) > 0 {
		r.left = r.left[1:]
	}
}

// name reads a name.
func (r *reader) name() (string, bool) {
	if len(r.left) == 0 || r.left[0].kind != symbolWord && r.left[0].kind != symbolName {
		return "", false
	}
	name := r.left[0].text
	r.left = r.left[1:]
	return name, name != ""
}

// qualified reads a name with or without that of its database.
func (r *reader) qualified() (schema, name string, ok bool) {
	if name, ok = r.name(); !ok || !r.sign(".") {
		return "", name, ok
	}
	schema = name
	name, ok = r.name()
	return schema, name, ok
}

// outside are the symbols that are in no parentheses.
func (r *reader) outside() []symbol {
	var out []symbol
	depth := 0
	for _, s := range r.left {
		switch s {
		case symbol{"(", symbolSign}:
			depth++
		case symbol{")", symbolSign}:
			depth--
		default:
			if depth == 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// has reports whether one of the words is there outside of parentheses.
func (r *reader) has(words ...string) bool {
	o := &reader{r.outside()}
	for i := range o.left {
		if o.word(i, words...) {
			return true
		}
	}
	return false
}

// list splits what is left at the commas outside of parentheses.
func (r *reader) list() []*reader {
	var out []*reader
	depth, from := 0, 0
	for i, s := range r.left {
		switch s {
		case symbol{"(", symbolSign}:
			depth++
		case symbol{")", symbolSign}:
			depth--
		case symbol{",", symbolSign}:
			if depth == 0 {
				out = append(out, &reader{r.left[from:i]})
				from = i + 1
			}
		}
	}
	return append(out, &reader{r.left[from:]})
}
