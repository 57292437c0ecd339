package migrate

import (
	"slices"
	"strings"
)

// trace is what a statement does to the values that its session keeps for those
// after it: user variables of MySQL's, the number of the last row, prepared
// statements.
type trace struct {
	needs  []string // read
	sets   []string // set, to what only this session knows
	renews []string // of these sets, those that nothing older is left of
	any    bool     // a routine may have set any variable
}

// lastRow stands for all functions that tell of the last row, or of how many.
const lastRow = "the row that was inserted last"

// prepared is the name of a prepared statement in a trace.
const prepared = "prepared statement "

func (l lexis) traceOf(text string) trace {
	var t trace
	for _, p := range l.parts(text) {
		p.words = p.unversioned()
		switch p.word(0) {
		case "CALL", "DO", "LOAD", "SELECT", "COPY":
			t.sets = append(t.sets, lastRow)
			t.any = t.any || p.word(0) == "CALL"
		case "PREPARE":
			t.sets = append(t.sets, prepared+p.word(1))
			t.renews = append(t.renews, prepared+p.word(1))
		case "DEALLOCATE":
			t.needs = append(t.needs, prepared+p.word(len(p.words)-1))
		case "EXECUTE":
			t.sets, t.any = append(t.sets, lastRow), true
			if p.word(1) != "IMMEDIATE" {
				t.needs = append(t.needs, prepared+p.word(1))
			}
		case "CREATE":
			if slices.ContainsFunc(p.words, func(w string) bool {
				return slices.Contains([]string{"PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"}, w)
			}) {
				continue // what is in its body does not run now
			}
		}
		if slices.ContainsFunc(p.words, func(w string) bool {
			return slices.Contains([]string{"INSERT", "REPLACE", "MERGE", "NEXTVAL", "SETVAL", "LAST_INSERT_ID"}, w)
		}) {
			t.sets = append(t.sets, lastRow)
		}
		if l.readsLast(p.text) {
			t.needs = append(t.needs, lastRow)
		}
		if l.executable {
			l.variables(p, &t)
		}
	}
	return t
}

// readsLast looks for calls of functions that tell of the last statement.
func (l lexis) readsLast(text string) bool {
	r := &reader{l.symbols(text)}
	for ; len(r.left) > 0; r.skip() {
		rest := &reader{r.left}
		switch {
		case rest.any("LAST_INSERT_ID", "LAST_INSERT_ROWID", "LASTVAL", "ROW_COUNT", "FOUND_ROWS", "CHANGES", "TOTAL_CHANGES"):
			if rest.sign("(") && rest.next(")") {
				return true
			}
		case rest.any("CURRVAL"):
			if rest.next("(") {
				return true
			}
		case rest.system():
			if rest.any("SESSION", "LOCAL") {
				rest.sign(".")
			}
			if rest.word(0, "IDENTITY", "LAST_INSERT_ID", "ROW_COUNT") {
				return true
			}
		}
	}
	return false
}

// variables finds a statement's user variables. SELECT … INTO counts as setting
// them anew, though it leaves them when it finds no row.
func (l lexis) variables(p part, t *trace) {
	may := slices.Contains([]string{"CALL", "EXECUTE", "LOAD", "GET", "BEGIN", "IF", "LOOP", "WHILE", "REPEAT", "FOR", "CASE"}, p.word(0))
	depth, into := 0, false
	for i, tok := range l.tokens(p.text) {
		s := p.text[tok.from:tok.to]
		if tok.kind == tokenWord && i > 0 && p.text[tok.from-1] != '@' {
			into = strings.EqualFold(s, "INTO")
		}
		if tok.kind != tokenOther {
			continue
		}
		for at := tok.from; at < tok.to; at++ {
			switch p.text[at] {
			case '`':
				at += quoted(p.text[at:tok.to], '`', false) - 1
			case '(':
				depth++
			case ')':
				depth--
			case '@':
				name, end := variable(p.text, at)
				if name == "" {
					continue
				}
				before, after := strings.TrimRight(p.text[:at], " \t\r\n"), strings.TrimLeft(p.text[end:], " \t\r\n")
				first := strings.EqualFold(before[max(0, len(before)-3):], "SET") || strings.HasSuffix(before, ",")
				anew := into || p.word(0) == "SET" && depth == 0 && first && (strings.HasPrefix(after, "=") || strings.HasPrefix(after, ":="))
				t.variable("@"+name, anew, may || strings.HasPrefix(after, ":="))
				at = max(at, min(end, tok.to)-1)
			}
		}
	}
}

func (t *trace) variable(name string, anew, sets bool) {
	if anew || sets {
		t.sets = append(t.sets, name)
	}
	if anew {
		t.renews = append(t.renews, name)
	} else {
		t.needs = append(t.needs, name)
	}
}

// variable reads the name behind the sign at at, in small letters as it has no
// case; empty when it is a system variable or the host of an account.
func variable(text string, at int) (name string, end int) {
	if at > 0 && (wordByte(text[at-1]) || strings.IndexByte("'\"`@", text[at-1]) >= 0) || at+1 == len(text) {
		return "", at + 1
	}
	end = at + 1
	if q := text[end]; q == '`' || q == '\'' || q == '"' {
		end += quoted(text[end:], q, false)
		return strings.ToLower(strings.Trim(text[at+1:end], string(q))), end
	}
	for end < len(text) && (wordByte(text[end]) || text[end] == '$' || text[end] == '.') {
		end++
	}
	return strings.ToLower(text[at+1 : end]), end
}

// traces are what statements that are done have left, by the number of the last.
type traces struct {
	by    map[string]int
	again map[string]int // set by a statement that is done once more
	any   int
}

// add notes the trace of statement n; again says that it is done once more.
func (l *traces) add(t trace, n int, again bool) {
	if l.by == nil {
		l.by, l.again = map[string]int{}, map[string]int{}
	}
	if t.any {
		l.any = n
	}
	for _, name := range t.sets {
		if again {
			l.again[name] = n
		} else {
			l.by[name] = n
		}
	}
}

// missed is what a statement needs, and which one has left it.
func (l *traces) missed(t trace) (name string, by int) {
	for _, name := range t.needs {
		by := l.by[name]
		if strings.HasPrefix(name, "@") {
			by = max(by, l.any)
		}
		if by > l.again[name] {
			return name, by
		}
	}
	return "", 0
}

// renew notes that a statement sets names anew.
func (l *traces) renew(t trace) {
	for _, name := range t.renews {
		l.again[name] = 1 << 30
	}
}
