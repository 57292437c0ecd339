package migrate

import (
	"fmt"
	"slices"
	"strings"
)

// sessionEffect is what a statement leaves in its session for those after it.
// Transactions and table locks are none of it: they begin and end inside one
// [block].
type sessionEffect int

const (
	sessionNone sessionEffect = iota
	// sessionSet are settings to constants: done again in another session they
	// come to the same.
	sessionSet
	// sessionLost is what another session does not get back.
	sessionLost
)

// session judges a text by its words. What a routine that it calls does to the
// session does not show there.
func (l lexis) session(text string) sessionEffect {
	parts := l.parts(text)
	all, most := sessionSet, sessionNone
	for _, p := range parts {
		e := l.sessionOf(p)
		all, most = min(all, e), max(most, e)
	}
	if most == sessionSet && all != sessionSet {
		return sessionLost // it cannot be done again without the rest of its text
	}
	return most
}

func (l lexis) sessionOf(p part) sessionEffect {
	p.words = p.unversioned()
	if l.control(p) != controlNone {
		if p.word(0) == "SET" && strings.Contains(p.text, ",") {
			return sessionLost
		}
		return sessionNone
	}
	switch p.word(0) {
	case "SET":
		if e := l.sets(p); e != sessionNone {
			return e
		}
	case "RESET":
		if l.dollar {
			return sessionSet
		}
	case "USE":
		r := &reader{l.symbols(p.text)}
		if r.skip(); p.plain && len(r.left) == 1 {
			return sessionSet
		}
		return sessionLost
	case "PRAGMA":
		return l.pragma(p)
	case "ATTACH", "DETACH", "DECLARE", "DISCARD", "HANDLER":
		return sessionLost
	case "LOAD":
		if l.dollar { // a library
			return sessionLost
		}
	case "DO":
		if l.dollar && l.setsInside(p.text, 3) {
			return sessionLost
		}
	case "CREATE":
		if l.temporary(p) {
			return sessionLost
		}
		return sessionNone
	}
	return l.calls(p)
}

// unversioned are the words without the version in an executable comment.
func (p part) unversioned() []string {
	if len(p.words) > 0 && strings.Trim(p.words[0], "0123456789") == "" {
		return p.words[1:]
	}
	return p.words
}

// temporary reports whether a CREATE makes what is gone with its session, and
// may hide a thing of the same name until then.
func (l lexis) temporary(p part) bool {
	for _, w := range p.words[1:] {
		switch w {
		case "OR", "REPLACE", "GLOBAL", "LOCAL":
			continue
		case "TEMP", "TEMPORARY":
			return true
		}
		break
	}
	if slices.Contains(p.words, "PG_TEMP") {
		return true
	}
	r := &reader{l.symbols(p.text)}
	for ; l.brackets && len(r.left) > 1; r.skip() {
		if r.word(0, "TEMP", "TEMPORARY") && r.left[1] == (symbol{".", symbolSign}) {
			return true
		}
	}
	return false
}

// calls looks for functions that change the session, and for tables that a
// SELECT makes.
func (l lexis) calls(p part) sessionEffect {
	for i, w := range p.words {
		switch {
		case w == "SET_CONFIG" && l.dollar:
			return l.setConfig(p)
		case w == "INTO" && i+2 < len(p.words) && l.dollar && slices.ContainsFunc(p.words[i+1:i+3], isTemporary),
			w == "PG_TEMP", w == "GET_LOCK" && l.executable,
			strings.HasPrefix(w, "PG_ADVISORY_LOCK"), strings.HasPrefix(w, "PG_TRY_ADVISORY_LOCK"):
			return sessionLost
		}
	}
	return sessionNone
}

func isTemporary(word string) bool { return word == "TEMP" || word == "TEMPORARY" }

// setsInside looks into the code of a DO, and into the texts that it executes.
func (l lexis) setsInside(text string, depth int) bool {
	for _, t := range l.tokens(text) {
		if t.kind != tokenLiteral || depth == 0 {
			continue
		}
		body := strings.Trim(text[t.from:t.to], "'")
		if tag := dollarTag(body); strings.HasPrefix(body, "$") && tag != "" {
			body = strings.TrimSuffix(body[len(tag):], tag)
		}
		for _, p := range l.parts(body) {
			for i, w := range p.words {
				first := i == 0 || slices.Contains([]string{"BEGIN", "THEN", "ELSE", "LOOP"}, p.words[i-1])
				if isTemporary(w) || w == "PG_TEMP" || w == "SET_CONFIG" || first && (w == "SET" && p.word(i+1) != "LOCAL" || w == "RESET") {
					return true
				}
			}
		}
		if l.setsInside(body, depth-1) {
			return true
		}
	}
	return false
}

// again are the statements that set up the session of the first n of a script
// once more, in their order, by their numbers from 0.
func (l lexis) again(s *script, n int) []int {
	var out []int
	for i, text := range s.statements[:n] {
		if n < len(s.statements) && l.session(text) == sessionSet {
			out = append(out, i)
		}
	}
	return out
}

// gone says what the statements after the first n would miss in another session,
// in which those of [lexis.again] have run; empty when nothing.
func (l lexis) gone(s *script, n int) string {
	if n >= len(s.statements) {
		return ""
	}
	left := traces{}
	for i, text := range s.statements[:n] {
		e := l.session(text)
		if e == sessionSet && slices.ContainsFunc(s.blocks, func(b block) bool { return b.own && b.first <= i && i < b.end }) {
			e = sessionLost // a rollback may have taken it back, or the transaction kept it from working
		}
		if e == sessionLost {
			return fmt.Sprintf("statement %d (%s) set up a session that is gone", i+1, l.excerpt(text))
		}
		left.add(l.traceOf(text), i+1, e == sessionSet)
	}
	for i, text := range s.statements[n:] {
		t := l.traceOf(text)
		if name, by := left.missed(t); by > 0 {
			return fmt.Sprintf("statement %d (%s) needs %s, which statement %d has left in a session that is gone",
				n+i+1, l.excerpt(text), name, by)
		}
		left.renew(t)
	}
	return ""
}

// leads reports whether a text changes what names without a schema mean.
func (l lexis) leads(text string) bool {
	return l.session(text) != sessionNone && (firstWord(text) == "USE" || l.elsewhere(text))
}

// elsewhere looks for what may lead names to another schema.
func (l lexis) elsewhere(text string) bool {
	text = strings.ToUpper(text)
	return l.dollar && slices.ContainsFunc([]string{"SEARCH_PATH", "SCHEMA", "ROLE", "AUTHORIZATION", "TRANSACTION"},
		func(w string) bool { return strings.Contains(text, w) })
}
