package migrate

import "strings"

// lexis is how a database's SQL is written, as far as it decides where a
// literal, a comment, a statement or a transaction ends.
type lexis struct {
	// backslash: it escapes inside literals. doubleQuotes: they are literals
	// too. hash: it begins a comment. executable: /*! … */ is no comment.
	backslash, doubleQuotes, hash, executable bool
	// dollar: $tag$ … $tag$ is a literal, and comments nest.
	dollar bool
	// brackets: [name] is a quoted name.
	brackets bool
	// single: the driver takes one statement at a time, so a semicolon inside
	// one (in a procedure's body) ends nothing.
	single bool
	// implicitCommit: data definition ends a transaction silently.
	// savepoints: outside a transaction they begin one.
	implicitCommit, savepoints bool
}

type tokenKind int

const (
	tokenOther tokenKind = iota // a sign, white space, a quoted name
	tokenWord
	tokenLiteral
	tokenComment
	tokenEnd // a semicolon
)

// token is text[from:to].
type token struct {
	kind     tokenKind
	from, to int
}

// tokens cuts a text up. Together they are the whole text; what is not closed
// goes on to its end.
func (l lexis) tokens(text string) []token {
	var out []token
	for from := 0; from < len(text); {
		kind, size := l.next(text[from:], out, text)
		if last := len(out) - 1; kind == tokenOther && last >= 0 && out[last].kind == tokenOther {
			out[last].to += size
		} else {
			out = append(out, token{kind, from, from + size})
		}
		from += size
	}
	return out
}

func (l lexis) next(s string, before []token, text string) (tokenKind, int) {
	switch c := s[0]; {
	case c == '\'':
		return tokenLiteral, quoted(s, '\'', l.backslash || l.dollar && afterE(before, text))
	case c == '"' && l.doubleQuotes:
		return tokenLiteral, quoted(s, '"', l.backslash)
	case c == '"' || c == '`':
		return tokenOther, quoted(s, c, false)
	case c == '[' && l.brackets:
		return tokenOther, upTo(s, 1, "]")
	case strings.HasPrefix(s, "--") || c == '#' && l.hash:
		return tokenComment, upTo(s, 1, "\n")
	case l.executable && (strings.HasPrefix(s, "/*!") || strings.HasPrefix(s, "/*M!")):
		return tokenOther, 3
	case strings.HasPrefix(s, "/*"):
		return tokenComment, comment(s, l.dollar)
	case c == '$' && l.dollar:
		if tag := dollarTag(s); tag != "" {
			return tokenLiteral, upTo(s, len(tag), tag)
		}
		return tokenOther, 1
	case c == ';' && !l.single:
		return tokenEnd, 1
	case wordByte(c):
		n := 1
		for n < len(s) && (wordByte(s[n]) || s[n] == '$') {
			n++
		}
		return tokenWord, n
	default:
		return tokenOther, 1
	}
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// afterE reports whether the word just before is PostgreSQL's mark of a literal
// with escapes.
func afterE(before []token, text string) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	return last.kind == tokenWord && strings.EqualFold(text[last.from:last.to], "e")
}

// quoted is the length of what begins with a quote. A doubled quote does not
// end it.
func quoted(s string, quote byte, backslash bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && backslash:
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// upTo is the length of s up to and with the first end after the first from bytes.
func upTo(s string, from int, end string) int {
	if at := strings.Index(s[from:], end); at >= 0 {
		return from + at + len(end)
	}
	return len(s)
}

func comment(s string, nested bool) int {
	depth := 1
	for i := 2; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "*/"):
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		case nested && strings.HasPrefix(s[i:], "/*"):
			i++
			depth++
		}
	}
	return len(s)
}

// dollarTag is the $tag$ that s begins with, or nothing.
func dollarTag(s string) string {
	end := strings.IndexByte(s[1:], '$') + 1
	if end < 1 || end > 1 && s[1] >= '0' && s[1] <= '9' {
		return ""
	}
	for i := 1; i < end; i++ {
		if !wordByte(s[i]) {
			return ""
		}
	}
	return s[:end+1]
}

// part is one of the statements that a text sent to the database at once
// consists of: its words in capitals, without comments, literals and signs.
type part struct {
	text  string
	words []string
	// plain is false when it begins with something else than a word, as MySQL's
	// executable comments do.
	plain bool
}

// word is the i-th word, or nothing.
func (p part) word(i int) string {
	if i < len(p.words) {
		return p.words[i]
	}
	return ""
}

// parts splits a text at its semicolons, but for those in the body of a trigger
// or a function.
func (l lexis) parts(text string) []part {
	var out []part
	var now part
	from, body := 0, false
	flush := func(to int) {
		if now.text = text[from:to]; len(now.words) > 0 || strings.TrimSpace(l.bare(now.text)) != "" {
			out = append(out, now)
		}
		now, from, body = part{}, to, false
	}
	fresh := true // at the beginning of a statement, of a body's too
	for _, t := range l.tokens(text) {
		word := text[t.from:t.to]
		switch t.kind {
		case tokenWord:
			word = strings.ToUpper(word)
			if len(now.words) == 0 {
				now.plain = strings.Trim(l.bare(text[from:t.from]), " \t\r\n(") == ""
			}
			body = body && (!fresh || word != "END") || now.word(0) == "CREATE" && word == "BEGIN"
			now.words, fresh = append(now.words, word), false
		case tokenEnd:
			if fresh = true; !body {
				flush(t.to)
			}
		case tokenOther, tokenLiteral, tokenComment:
		}
	}
	flush(len(text))
	return out
}

// bare is a text without its comments and semicolons.
func (l lexis) bare(text string) string {
	var b strings.Builder
	for _, t := range l.tokens(text) {
		if t.kind != tokenComment && t.kind != tokenEnd {
			b.WriteString(text[t.from:t.to])
		}
	}
	return b.String()
}
