package migrate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// block is what runs between two writes to the history: a statement alone, or
// those from the beginning of a file's own transaction (or table locks) to its
// end. In between the history would be written inside that transaction, or not
// at all for want of a lock on its table.
type block struct {
	first, end int // statements first to end-1, from 0
	// own says that it controls a transaction or locks itself.
	own bool
	// open and shut are what runs before and after, when the file leaves it to
	// whoever runs it.
	open, shut string
	// undone says that a rollback takes all of it back.
	undone bool
}

// opener reports whether statement i only begins the block: if it is refused,
// nothing has happened.
func (b block) opener(i int, l lexis, text string) bool {
	return b.own && b.open == "" && i == b.first && len(l.parts(text)) == 1
}

// control is what a statement does to the session's transaction or table locks.
type control int

const (
	controlNone control = iota
	controlBegin
	controlBeginXA
	controlEnd
	controlChain // ends one and begins the next
	controlSavepoint
	controlRelease
	controlLock
	controlUnlock
	controlManual // autocommit off
	controlAuto   // autocommit on
)

var autocommit = regexp.MustCompile(`(?i)\bautocommit\b\s*:?=\s*['"]?(\w+)`)

// control looks at one statement.
func (l lexis) control(p part) control {
	p.words = p.unversioned()
	switch p.word(0) {
	case "BEGIN":
		if p.word(1) != "NOT" { // BEGIN NOT ATOMIC is a compound statement
			return controlBegin
		}
	case "START":
		if p.word(1) == "TRANSACTION" {
			return controlBegin
		}
	case "COMMIT", "END", "ABORT", "ROLLBACK":
		return ending(p)
	case "PREPARE":
		if p.word(1) == "TRANSACTION" {
			return controlEnd
		}
	case "SAVEPOINT", "RELEASE":
		if l.savepoints { // where a savepoint begins a transaction
			return map[string]control{"SAVEPOINT": controlSavepoint, "RELEASE": controlRelease}[p.word(0)]
		}
	}
	if l.implicitCommit {
		return controlMySQL(p)
	}
	return controlNone
}

func ending(p part) control {
	switch {
	case p.word(1) == "PREPARED", slices.Contains(p.words[:min(3, len(p.words))], "TO"):
		return controlNone
	case slices.Contains(p.words, "CHAIN") && !slices.Contains(p.words, "NO"):
		return controlChain
	}
	return controlEnd
}

func controlMySQL(p part) control {
	switch p.word(0) {
	case "XA":
		switch p.word(1) {
		case "START", "BEGIN":
			return controlBeginXA
		case "COMMIT", "ROLLBACK":
			return controlEnd
		}
	case "LOCK":
		if p.word(1) == "TABLES" || p.word(1) == "TABLE" {
			return controlLock
		}
	case "FLUSH":
		if slices.Contains(p.words, "READ") || slices.Contains(p.words, "EXPORT") {
			return controlLock
		}
	case "UNLOCK":
		return controlUnlock
	case "SET":
		if m := autocommit.FindStringSubmatch(p.text); m != nil {
			switch strings.ToUpper(m[1]) {
			case "0", "OFF", "FALSE":
				return controlManual
			}
			return controlAuto
		}
	}
	return controlNone
}

// blockReader goes through a file's statements.
type blockReader struct {
	lexis lexis
	out   []block
	now   block
	seen  int // statements of control in the block
	plain bool
	// what is open
	transaction, tables, manual bool
	savepoint                   string
}

func (b *blockReader) opened() bool { return b.transaction || b.tables || b.manual }

// blocks divides a script. Unless the file is marked NO TRANSACTION, goose opens
// a transaction around it: so do we around what a statement of the file ends
// without having begun it, and we end what the file leaves open.
func (l lexis) blocks(s *script) ([]block, error) {
	b := &blockReader{lexis: l}
	for i, text := range s.statements {
		if !b.opened() {
			b.now, b.seen, b.plain = block{first: i}, 0, true
		}
		b.now.end = i + 1
		parts := l.parts(text)
		for n, p := range parts {
			c := l.control(p)
			if c == controlEnd || c == controlChain {
				b.around(s, i)
			}
			b.take(c, p, i == b.now.first && n == 0 || b.now.open != "", n == len(parts)-1)
		}
		if !b.opened() {
			b.now.undone = b.now.own && b.plain && b.seen == 2
			b.out = append(b.out, b.now)
		}
	}
	return b.out, b.leftOpen(s)
}

// around makes the block one that begins with the file, if nothing that the
// statement at i could end was begun by the file.
func (b *blockReader) around(s *script, i int) {
	if !s.transaction || b.opened() || slices.ContainsFunc(b.out, func(o block) bool { return o.own }) || b.now.own {
		return
	}
	if b.lexis.implicitCommit && slices.ContainsFunc(s.statements[:i], func(text string) bool { return !isData(text) }) {
		return // the transaction ended there, silently
	}
	b.out = nil
	b.now = block{first: 0, end: i + 1, own: true, open: "BEGIN"}
	b.transaction, b.seen, b.plain = true, 1, true
}

// take notes what one statement does. first and last say where in the block's
// text it stands.
func (b *blockReader) take(c control, p part, first, last bool) {
	before := b.opened()
	switch c {
	case controlNone:
		b.plain = b.plain && (!b.lexis.implicitCommit || rollsBack(p))
		return
	case controlBegin, controlBeginXA:
		b.plain = b.plain && c == controlBegin && (first || before)
		b.transaction, b.tables = true, false
	case controlChain:
		b.plain = false
		b.transaction = before
	case controlEnd:
		b.plain = b.plain && last
		b.transaction, b.savepoint = false, ""
	case controlSavepoint:
		if before {
			return
		}
		b.plain = b.plain && first
		b.transaction, b.savepoint = true, p.word(1)
	case controlRelease:
		name := p.word(len(p.words) - 1)
		if b.savepoint == "" || name != b.savepoint {
			return
		}
		b.plain = b.plain && last
		b.transaction, b.savepoint = false, ""
	case controlLock:
		b.plain, b.transaction, b.tables = false, false, true
	case controlUnlock:
		b.plain, b.tables = false, false
	case controlManual:
		b.plain, b.manual = false, true
	case controlAuto:
		b.plain, b.manual, b.transaction = false, false, false
	}
	b.now.own = true
	b.seen++
}

// takesRecord reports whether a block is a transaction of the file's own in
// which the history can be written before its last statement, which commits it.
func (l lexis) takesRecord(s *script, b block, mayRollBack func(string) bool) bool {
	texts := s.statements[b.first:b.end]
	last := texts[len(texts)-1]
	if !b.undone || b.open != "" || b.shut != "" || len(l.parts(texts[0])) != 1 || len(l.parts(last)) != 1 ||
		slices.Contains(l.parts(texts[0])[0].words, "ONLY") || firstWord(last) != "COMMIT" && firstWord(last) != "END" {
		return false
	}
	return !slices.ContainsFunc(texts[1:len(texts)-1], func(text string) bool {
		words := strings.ToUpper(text)
		switch firstWord(text) {
		case "PRAGMA":
			return l.session(text) != sessionNone && !strings.Contains(words, "FOREIGN_KEYS") // which does nothing there
		case "SET":
			return !l.dollar || l.session(text) != sessionNone || l.elsewhere(text)
		}
		return !mayRollBack(text) || strings.Contains(words, "SET_CONFIG")
	})
}

// rollsBack reports whether a statement in a transaction of MySQL's leaves it
// to be rolled back: others commit it silently.
func rollsBack(p part) bool {
	switch p.word(0) {
	case "SAVEPOINT", "RELEASE", "ROLLBACK":
		return true
	}
	return p.plain && isData(p.text)
}

// leftOpen ends what the file's last block leaves open.
func (b *blockReader) leftOpen(s *script) error {
	switch {
	case !b.opened():
		return nil
	case b.manual:
		b.now.shut = "SET autocommit = 1" // which commits
	case b.tables:
		b.now.shut = "UNLOCK TABLES"
	case s.transaction:
		b.now.shut = "COMMIT"
	default:
		return fmt.Errorf("statement %d begins a transaction that the file does not end: add COMMIT", b.now.first+1)
	}
	b.now.undone = b.plain && b.seen == 1
	b.out = append(b.out, b.now)
	return nil
}

// controls reports whether a text begins or ends transactions, or locks tables.
func (l lexis) controls(text string) bool {
	return slices.ContainsFunc(l.parts(text), func(p part) bool {
		c := l.control(p)
		return c != controlNone && c != controlSavepoint && c != controlRelease
	})
}

// whole reports whether a text that runs outside a transaction has either all
// of its effect or, when it is refused, none. What may commit on its way has
// not: it must not run again because its end was refused.
func (l lexis) whole(text string) bool {
	parts := l.parts(text)
	return len(parts) <= 1 && !slices.ContainsFunc(parts, l.mayCommit)
}

func (l lexis) mayCommit(p part) bool {
	switch p.word(0) {
	case "CALL", "EXECUTE":
		return true
	case "BEGIN", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR":
		return l.implicitCommit // a compound statement
	case "DO":
		text := strings.ToUpper(p.text)
		return strings.Contains(text, "COMMIT") || strings.Contains(text, "ROLLBACK") || strings.Contains(text, "CALL")
	}
	return false
}
