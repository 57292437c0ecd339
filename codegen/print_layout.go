package codegen

import (
	"bytes"
	"go/doc/comment"
	"go/format"
	"math"
	"strings"
	"unicode/utf8"
)

// layout arranges lines of Go as gofmt does: it indents by the brackets at the
// ends of lines, aligns what gofmt aligns, and puts blank lines between
// declarations. go/format would do the same, but it parses and prints every
// file, which took three quarters of the time of a run. A declaration of a
// shape that is not known here is given to go/format after all, alone. Tests
// compare whole files with go/format.
//
// Lines come in one by one, as a person would break them; what stands inside
// a line must be spaced as gofmt spaces it.
type layout struct {
	out     []byte
	imports map[string]bool // the paths of packages that were mentioned
	recent  string          // the package that was mentioned last

	frames    []frame // what is open, outermost first
	balance   int     // open brackets
	continued bool    // the last line ended with an operator
	blank     bool    // a blank line is due
	opened    bool    // the last line opened a bracket

	declaration int    // where the running top-level declaration begins in out
	keyword     string // the first word of the last one
	odd         bool   // it has a shape for go/format

	doc  []string // lines of a comment that may belong to a declaration
	rows []row    // lines that wait for those which are aligned with them
}

// frame is an open bracket at the end of a line.
type frame struct {
	kind frameKind
	// What gofmt knows when it decides whether keys of a composite literal are
	// aligned with those above: the size of the last one, and the number and the
	// sum of logarithms of all in the section. The last is 0 after a value of
	// several lines.
	last, count int
	logs        float64
}

type frameKind int

const (
	frameOther frameKind = iota
	frameStruct
	frameValues  // const ( or var (
	frameLiteral // a composite literal, or a call
)

// row is a line whose cells are aligned with those of its neighbours.
type row struct {
	indent int
	cells  []string
}

// text arranges all of a file's declarations.
func (l *layout) text(lines string) []byte {
	l.out = make([]byte, 0, len(lines)+len(lines)/4)
	for s := range strings.SplitSeq(strings.TrimRight(lines, "\n"), "\n") {
		l.line(s)
	}
	l.flush()
	l.endDoc("")
	return bytes.TrimRight(l.out, "\n")
}

// line adds one line, without its line break.
func (l *layout) line(s string) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		l.flush()
		l.endDoc("")
		l.blank = true
	case strings.HasPrefix(s, "//"):
		l.flush()
		if l.balance == 0 {
			l.doc = append(l.doc, s)
			return
		}
		l.begin(false)
		l.write(len(l.frames), s)
		l.opened = false
	default:
		l.code(s)
	}
}

// code adds a line that is more than a comment.
func (l *layout) code(s string) {
	f := l.scan(s)
	if f.body > 0 && f.long(s) {
		l.code(s[:f.body+1])
		l.code(strings.TrimSpace(s[f.body+1 : f.end-1]))
		l.code("}")
		return
	}
	opens := strings.IndexByte("{([", s[f.end-1]) >= 0
	closes := strings.IndexByte("})]", s[0]) >= 0
	first := l.balance == 0 && !l.continued
	if first {
		l.endDoc(f.keyword)
		l.blank = l.blank || (l.keyword != "" && l.keyword != f.keyword)
		l.keyword, l.odd = f.keyword, false
	}
	l.odd = l.odd || f.odd || (f.balance > 0 && !opens) || (f.balance < 0 && !closes) || (l.continued && opens)
	l.begin(closes)
	if closes && l.close() {
		l.out = l.out[:len(l.out)-1] // gofmt prints an empty literal in one line
		l.out = append(append(l.out, s...), '\n')
		l.end(f, opens, first)
		return
	}
	if first {
		l.declaration = len(l.out)
	}
	l.place(l.indent(f), s, f, opens)
	l.end(f, opens, first)
}

// end notes what a line leaves behind.
func (l *layout) end(f facts, opens, first bool) {
	l.continued, l.opened = f.operator, opens
	if opens {
		l.frames = append(l.frames, frame{kind: f.kind})
	}
	l.balance += f.balance
	if l.balance == 0 && !l.continued {
		l.endDeclaration(first)
	}
}

// close leaves the innermost bracket. It reports whether that was a literal
// with nothing in it.
func (l *layout) close() (empty bool) {
	l.flush()
	n := len(l.frames)
	if n == 0 {
		return false
	}
	empty = l.opened && l.frames[n-1].kind == frameLiteral
	l.frames = l.frames[:n-1]
	return empty
}

// indent is how far in the next line stands.
func (l *layout) indent(f facts) int {
	n := len(l.frames)
	switch {
	case l.continued:
		return n + 1
	case f.label && n > 0:
		return n - 1
	}
	return n
}

// begin puts a blank line where one is due.
func (l *layout) begin(closes bool) {
	if l.blank {
		l.flush()
		if len(l.out) > 0 && !l.opened && !closes {
			l.out = append(l.out, '\n')
		}
		if n := len(l.frames); n > 0 {
			l.frames[n-1].count, l.frames[n-1].logs, l.frames[n-1].last = 0, 0, 0
		}
	}
	l.blank = false
}

// endDeclaration is called when no bracket is open any more.
func (l *layout) endDeclaration(oneLine bool) {
	if !oneLine {
		l.flush()
		l.blank = true
	}
	odd := l.odd || len(l.frames) > 0
	l.frames = l.frames[:0]
	if !odd {
		return
	}
	l.flush()
	// What is no Go stays as it is: the check of the whole file says so, with
	// line numbers.
	if text, err := format.Source(l.out[l.declaration:]); err == nil {
		l.out = append(l.out[:l.declaration], text...)
	}
}

// endDoc writes the comment that was collected. Directly above a declaration
// it is a doc comment, in which gofmt formats lists, headings and links.
func (l *layout) endDoc(keyword string) {
	if len(l.doc) == 0 {
		return
	}
	doc := l.doc
	l.doc = l.doc[:0]
	l.blank = len(l.out) > 0
	l.begin(false)
	l.keyword = keyword
	if keyword == "" || plain(doc) {
		for _, s := range doc {
			l.write(0, s)
		}
		l.opened = false
		return
	}
	var text strings.Builder
	for _, s := range doc {
		text.WriteString(strings.TrimPrefix(s[2:], " ") + "\n")
	}
	// What is left of the first pass may be a heading to the second: a curly quote may
	// stand in one, the two apostrophes that it came from may not.
	formatted := text.String()
	for range 2 {
		formatted = string((&comment.Printer{}).Comment((&comment.Parser{}).Parse(formatted)))
	}
	for s := range strings.Lines(formatted) {
		s = strings.TrimSuffix(s, "\n")
		if s != "" && s[0] != '\t' {
			s = " " + s
		}
		l.write(0, "//"+s)
	}
	l.opened = false
}

// plain tells comments of one paragraph without any markup.
func plain(doc []string) bool {
	for _, s := range doc {
		if len(s) < 4 || s[2] != ' ' || !letter(s[3]) || strings.Contains(s, "``") || strings.Contains(s, "''") {
			return false
		}
	}
	return true
}

// place writes a line, or keeps it until its neighbours are there.
func (l *layout) place(indent int, s string, f facts, opens bool) {
	cells := l.cells(s, f, opens)
	if cells == nil {
		l.flush()
		l.write(indent, s)
		return
	}
	l.rows = append(l.rows, row{indent: indent, cells: cells})
}

// write adds a line to the output.
func (l *layout) write(indent int, s string) {
	for range indent {
		l.out = append(l.out, '\t')
	}
	l.out = append(append(l.out, s...), '\n')
}

// flush writes the rows that wait. A cell is aligned with the cells of its
// column in the rows above and below that have one and another cell after it.
func (l *layout) flush() {
	if len(l.rows) == 0 {
		return
	}
	for column := 0; ; column++ {
		wide := false
		for i := 0; i < len(l.rows); {
			j, width := i, 0
			for ; j < len(l.rows) && len(l.rows[j].cells) > column+1; j++ {
				width = max(width, utf8.RuneCountInString(l.rows[j].cells[column]))
			}
			if width > 0 {
				for k := i; k < j; k++ {
					c := &l.rows[k].cells[column]
					*c += strings.Repeat(" ", width+1-utf8.RuneCountInString(*c))
				}
			}
			wide = wide || j > i
			i = max(j, i+1)
		}
		if !wide {
			break
		}
	}
	for _, r := range l.rows {
		l.write(r.indent, strings.Join(r.cells, ""))
	}
	l.rows = l.rows[:0]
}

// section decides whether a key is aligned with those above it, by the rule of
// go/printer: not when it is much longer or much shorter than they are.
func (f *frame) section(size int) (together bool) {
	const small, ratio = 40, 2.5
	switch {
	case f.last == 0:
	case f.count == 0 || (f.last <= small && size <= small):
		together = true
	default:
		r := float64(size) / math.Exp(f.logs/float64(f.count))
		together = ratio*r > 1 && ratio > r
	}
	if !together {
		f.count, f.logs = 0, 0
	}
	f.last = size
	f.count++
	f.logs += math.Log(float64(size))
	return together
}
