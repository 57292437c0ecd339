package codegen

import (
	"slices"
	"strings"
)

// facts are what the layout needs to know about a line.
type facts struct {
	end      int // where the code ends and a comment may begin
	comment  string
	balance  int // brackets opened less brackets closed
	body     int // where the body of a function of one line begins, else 0
	keyword  string
	kind     frameKind
	label    bool // a case or a label, which stands further out
	operator bool // the expression goes on in the next line
	odd      bool // go/format must see it
}

// imports are the packages that generated code may use, by the name it uses.
var imports = map[string]string{
	"big":     "math/big",
	"binary":  "encoding/binary",
	"bytes":   "bytes",
	"cmp":     "cmp",
	"codec":   "github.com/schemactl/schemactl/codec",
	"errors":  "errors",
	"fmt":     "fmt",
	"json":    "encoding/json",
	"maps":    "maps",
	"math":    "math",
	"slices":  "slices",
	"strconv": "strconv",
	"strings": "strings",
	"time":    "time",
}

// blocks are the words that begin lines whose brace is that of a block.
var blocks = []string{"case", "const", "default", "else", "for", "func", "if", "import", "select", "switch", "type"}

// maxOneLine is how long a function of one line may be: go/printer breaks it
// when its head, a blank and its body add up to more.
const maxOneLine = 100

// scan reads a line once. It notes the packages that are mentioned: an
// identifier before a dot that nothing selects, outside of strings.
func (l *layout) scan(s string) facts {
	f := facts{end: len(s)}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\'', '`':
			i = literalEnd(s, i)
		case '.':
			l.mention(s, i)
		case '(', '[', '{':
			if c == '{' && f.balance == 0 && f.body == 0 && i > 0 && s[i-1] == ' ' {
				f.body = i
			}
			f.balance++
		case ')', ']', '}':
			f.balance--
		case '/':
			if i+1 < len(s) && s[i+1] == '/' {
				f.comment = s[i:]
				f.end = len(strings.TrimRight(s[:i], " \t"))
				i = len(s)
			}
		}
	}
	f.classify(s)
	return f
}

// classify is what the ends of a line tell.
func (f *facts) classify(s string) {
	code := s[:f.end]
	last := code[len(code)-1]
	n := 0
	for n < len(code) && identifier(code[n]) {
		n++
	}
	f.keyword = code[:n]
	f.label = last == ':' && (f.keyword == "case" || n == len(code)-1)
	switch last {
	case '&', '|', '+', '-', '*', '/', '%', '^', '=', '<', '>':
		f.operator = !strings.HasSuffix(code, "++") && !strings.HasSuffix(code, "--")
	}
	switch {
	case strings.HasSuffix(code, "struct {"):
		f.kind = frameStruct
	case code == "const (" || code == "var (":
		f.kind = frameValues
	case !slices.Contains(blocks, f.keyword) && code != "{" && code[0] != '}' && !strings.Contains(code, "func("):
		f.kind = frameLiteral
	}
	if f.keyword != "func" || f.balance != 0 || last != '}' || f.end != len(s) {
		f.body = 0
	}
	// A function inside an expression is broken up when it is long, and brackets
	// around all that a loop goes over are removed.
	f.odd = (last == '{' && strings.Contains(code, "range (")) ||
		(len(s) > maxOneLine && strings.Contains(code[1:], "func(") && last != '{')
}

// long tells a function of one line that gofmt breaks into three.
func (f *facts) long(s string) bool {
	return f.body+len(strings.TrimSpace(s[f.body+1:f.end-1])) > maxOneLine
}

// literalEnd is the index of the last byte of the literal that begins at i.
func literalEnd(s string, i int) int {
	quote := s[i]
	for i++; i < len(s) && s[i] != quote; i++ {
		if s[i] == '\\' && quote != '`' {
			i++
		}
	}
	return i
}

// mention notes the package whose name ends at the dot s[dot], if one does.
func (l *layout) mention(s string, dot int) {
	i := dot
	for i > 0 && identifier(s[i-1]) {
		i--
	}
	if dot-i < len("cmp") || (i > 0 && s[i-1] == '.') {
		return
	}
	name := s[i:dot]
	if name == l.recent {
		return
	}
	if path := imports[name]; path != "" {
		if l.imports == nil {
			l.imports = map[string]bool{}
		}
		l.imports[path] = true
		l.recent = name
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func identifier(c byte) bool {
	return letter(c) || (c >= '0' && c <= '9') || c == '_' || c >= 0x80
}

// cells splits a line at the columns that gofmt aligns; nil is a line that
// stands for itself.
func (l *layout) cells(s string, f facts, opens bool) []string {
	code := s[:f.end]
	if len(l.frames) == 0 {
		return l.topCells(code, f, opens)
	}
	top := &l.frames[len(l.frames)-1]
	switch {
	case opens || l.continued || f.operator:
		top.last = 0
		return nil
	case top.kind == frameStruct:
		return f.with(structCells(code), 3)
	case top.kind == frameValues:
		return f.with(valueCells(code), 4)
	}
	if key := keyEnd(code); key > 0 {
		if !top.section(key - 1) {
			l.flush()
		}
		return f.with([]string{code[:key], strings.TrimSpace(code[key:])}, 0)
	}
	if strings.HasSuffix(code, ",") {
		top.last = len(code) - 1
		l.flush()
	}
	if f.comment == "" {
		return nil
	}
	return []string{code, f.comment}
}

// topCells is cells outside of all brackets.
func (l *layout) topCells(code string, f facts, opens bool) []string {
	switch {
	case opens:
		return nil
	case f.body > 0:
		return []string{code[:f.body-1], code[f.body:]}
	case f.comment != "":
		return []string{code, f.comment}
	}
	return nil
}

// with adds a comment in its column; columns that are missing stay empty.
func (f *facts) with(cells []string, column int) []string {
	if f.comment == "" {
		return cells
	}
	for len(cells) < column-1 {
		cells = append(cells, "")
	}
	return append(cells, f.comment)
}

// structCells are name, type and tag.
func structCells(code string) []string {
	name, rest, ok := strings.Cut(code, " ")
	if !ok {
		return []string{code}
	}
	if tag := strings.Index(rest, " `"); tag > 0 && strings.HasSuffix(rest, "`") {
		return []string{name, strings.TrimSpace(rest[:tag]), rest[tag+1:]}
	}
	return []string{name, rest}
}

// valueCells are name, type and value of a constant or a variable.
func valueCells(code string) []string {
	head, value, assigned := strings.Cut(code, " = ")
	cells := strings.SplitN(head, " ", 2)
	if assigned {
		if len(cells) == 1 {
			cells = append(cells, "")
		}
		cells = append(cells, "= "+value)
	}
	return cells
}

// keyEnd is where the key of a composite literal's line ends, after its colon;
// 0 for other lines.
func keyEnd(code string) int {
	if code[len(code)-1] != ',' {
		return 0
	}
	i := 0
	if code[0] == '"' {
		i = literalEnd(code, 0) + 1
	} else {
		for i < len(code) && identifier(code[i]) {
			i++
		}
	}
	if i == 0 || !strings.HasPrefix(code[min(i, len(code)):], ": ") {
		return 0
	}
	return i + 1
}
