package migrate

import (
	"regexp"
	"strings"
)

// hidden stands for a literal in texts that people read: it may be a password
// that environment substitution has put into the file.
const hidden = "'…'"

// excerpt shortens a statement to one line for an error message, without the
// contents of its literals.
func (l lexis) excerpt(statement string) string {
	const most = 120
	line := []rune(strings.Join(strings.Fields(l.redact(statement, 0, len(statement))), " "))
	if len(line) <= most {
		return string(line)
	}
	return string(line[:most]) + "…"
}

// redact is statement[from:to] with [hidden] for each literal in it, or piece of
// one.
func (l lexis) redact(statement string, from, to int) string {
	var b strings.Builder
	for _, t := range l.tokens(statement) {
		start, end := max(t.from, from), min(t.to, to)
		switch {
		case start >= end:
		case t.kind == tokenLiteral:
			b.WriteString(hidden)
		default:
			b.WriteString(statement[start:end])
		}
	}
	return b.String()
}

// refusal is a driver's error without what it repeats of the statement's
// literals.
type refusal struct {
	text string
	err  error
}

func (e *refusal) Error() string { return e.text }
func (e *refusal) Unwrap() error { return e.err }

func (l lexis) refusal(err error, statement string) error {
	if text := l.hide(err.Error(), statement); text != err.Error() {
		return &refusal{text, err}
	}
	return err
}

// near is how MySQL repeats the statement from the mistake on, cut off anywhere.
var near = regexp.MustCompile(`(?s) near '(.*)' at line \d+`)

// hide takes a statement's literals out of a message about it.
func (l lexis) hide(message, statement string) string {
	if m := near.FindStringSubmatchIndex(message); m != nil {
		rest := message[m[2]:m[3]]
		shown := "…"
		if at := strings.Index(statement, rest); at >= 0 {
			shown = strings.Join(strings.Fields(l.redact(statement, at, at+len(rest))), " ")
		}
		return hideAll(message[:m[2]], l.literals(statement)) + shown + hideAll(message[m[3]:], l.literals(statement))
	}
	return hideAll(message, l.literals(statement))
}

// literals lists the contents of a statement's literals, as written and as
// meant, those within a body too.
func (l lexis) literals(statement string) []string {
	var out []string
	for _, t := range l.tokens(statement) {
		if t.kind != tokenLiteral {
			continue
		}
		text := statement[t.from:t.to]
		if tag := dollarTag(text); text[0] == '$' {
			body := strings.TrimSuffix(text[len(tag):], tag)
			out = append(append(out, l.literals(body)...), body)
			continue
		}
		quote := text[:1]
		text = strings.TrimSuffix(text[1:], quote)
		out = append(out, text)
		if meant := strings.ReplaceAll(text, quote+quote, quote); meant != text {
			out = append(out, meant)
		}
		if meant := escaped.ReplaceAllString(text, "$1"); meant != text {
			out = append(out, meant)
		}
	}
	return out
}

var escaped = regexp.MustCompile(`\\(.)`)

// hideAll replaces the literals where they occur in a message. A database may
// cut a long one off, so its beginning counts; a short one must stand alone, and
// one or two characters are no secret.
func hideAll(message string, literals []string) string {
	const short, least = 8, 3
	for _, literal := range literals {
		switch {
		case len(literal) >= short:
			message = hideBeginnings(message, literal, short)
		case len(literal) >= least:
			message = hideWord(message, literal)
		}
	}
	return message
}

func hideBeginnings(message, literal string, least int) string {
	var b strings.Builder
	for {
		at := strings.Index(message, literal[:least])
		if at < 0 {
			return b.String() + message
		}
		n := least
		for n < len(literal) && at+n < len(message) && message[at+n] == literal[n] {
			n++
		}
		b.WriteString(message[:at] + "…")
		message = message[at+n:]
	}
}

func hideWord(message, literal string) string {
	var b strings.Builder
	for from := 0; ; {
		at := strings.Index(message[from:], literal)
		if at < 0 {
			return b.String() + message[from:]
		}
		at += from
		end := at + len(literal)
		b.WriteString(message[from:at])
		if at > 0 && wordByte(message[at-1]) || end < len(message) && wordByte(message[end]) {
			b.WriteString(literal)
		} else {
			b.WriteString("…")
		}
		from = end
	}
}
