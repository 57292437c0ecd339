package codegen

import (
	"go/format"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLayout prints lines as emitters do, without indentation or alignment,
// and compares with what go/format makes of the same lines.
func TestLayout(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Long", 12)
	for _, tc := range []struct{ name, lines string }{
		{"nothing", ""},
		{"blocks", `
func f(a int) int {
for i := range a {
if i > 1 {
return 1
} else if i > 0 {
return 2
} else {
g()
}
}
return 3
}`},
		{"switch and labels", `
func f(a int) {
again:
switch a {
case 1, 2:
g()
// Two lines.
h()
default:
break again
}
switch x := any(a).(type) {
case int:
_ = x
}
for {
}
}`},
		{"blank lines", `
type A int


func f() {
g()


h()
}


func g() {
}
var x = 1
var y = 2
const z = 3`},
		{"a literal of several levels", `
var x = codec.NewSchema(
"n.A",
` + "`{\"a\": \"{\"}`" + `,
codec.Fingerprints{
CRC64: 0x01,
MD5: [2]byte{1, 2},
SHA256: [4]byte{
1, 2,
3, 4,
},
Longer: 1,
S: 2,
},
)`},
		{"an empty literal", `
func f() *A {
g(A{
})
x := &A{
}
return &A{
}
}`},
		{"keys of very different length", `
var x = A{
` + long + `: 1,
B: 2,
Ccc: 3,
"quoted: key": 4,
` + long + long + `: 5,
` + long + `: 6,

D: 7,
Eee: 8,
}`},
		{"keys and values of several lines", `
var x = map[string]A{
"a": {
B: 1,
},
"bbbb": {1},
"c": {2},
}`},
		{"struct", `
type A struct {
B int ` + "`json:\"b\"`" + `
// Ccc is the third.
Ccc codec.Opt[map[string]int] ` + "`json:\"c c\"`" + `
Dd []byte ` + "`json:\"d\"`" + `
E func(a, b int) bool
Ff struct{}
}`},
		{"struct with comments behind", `
type A struct {
b int // one
cc string // two
dddd float64
}`},
		{"struct of one field", "type A struct {\nB int `json:\"b\"`\n}"},
		{"struct of none", "type A struct {\n}"},
		{"constants", `
const (
A T = iota // A
Bbbb // B_B
C
Dd // D // D
)

const (
A T = iota // A
)

const (
A T = iota
Bb
)

const (
A = 1
Bbb = 2 // two
)`},
		{"variables", `
var (
A T
Bbb U = 1
)`},
		{"comments behind statements", `
func f() {
a := 1 // one
bbb := "//" // two

c := 3 // three
return
}`},
		{"functions of one line", `
func (a *A) B() int { return 1 }
func (aaa *AAA) B() string { return "{ }" }

func (*` + long + `) ` + long + `() string { return "` + long + `" }

func (*` + long + `) Topic() codec.Opt[` + long + `] { return codec.Some("a { b }") }

func e() {}`},
		{"conditions of several lines", `
func f() bool {
if a &&
b {
g()
}
return r.A == other.A &&
r.B.Equal(other.B) &&
r.C
}`},
		{"functions in expressions", `
func f() bool {
g(func(a, b A) bool { return a == b })
slices.SortFunc(x, func(a, b A) int {
return a.c - b.c
})
return codec.EqualOpt(r.` + long + `, other.` + long + `, func(a, b ` + long + `) bool { return a.Equal(b) })
}`},
		{"brackets around what is looped over", "func f() {\nfor i := range (*r.A) {\ng(i)\n}\nfor range (1 + 2) * 3 {\n}\n}"},
		{"arguments of several lines", `
func f() {
g(1,
2)
x := h(
1,
)
}`},
		{"documentation", `
// A is a thing.
//
// Heading
//
// It has
//
// - one
// - two
//
// [codec]: is a link
type A int
// B is
// a thing.
type B int

// Not the comment of anything.

// - C
func c() {}`},
		{"comment at the end", "type A int\n// The end."},
		{"comments in blocks", `
func f() {
// One.

// - Two.
g()
// Three.
}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := &printer{}
			for line := range strings.SplitSeq(strings.TrimPrefix(tc.lines, "\n"), "\n") {
				p.p(line)
			}
			want, err := format.Source([]byte("package p\n\n" + tc.lines))
			if err != nil {
				t.Fatal(err)
			}
			_, body, _ := strings.Cut(string(want), "package p\n")
			if diff := cmp.Diff(strings.Trim(body, "\n"), string(new(layout).text(p.b.String()))); diff != "" {
				t.Errorf("layout (-gofmt +got):\n%s", diff)
			}
		})
	}
}

// TestPrint prints what arguments of other types than string are.
func TestPrint(t *testing.T) {
	t.Parallel()
	type word string
	p := &printer{}
	p.p("func f() {")
	p.part("if a { // ", -1, word("b"))
	p.p(" ", uint8(2))
	p.p("}\n}")
	if got, want := string(new(layout).text(p.b.String())), "func f() {\n\tif a { // -1b 2\n\t}\n}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestComment(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"short", "One  line.", "// One line."},
		{"wrapped", strings.Repeat("word ", 20), "// " + strings.Repeat("word ", 14) + "word\n// word word word word word"},
		{"paragraphs", "a\r\n\r\nb", "// a\n//\n// b"},
		{"what Go refuses", "a\x00b \ufeffc \u0085d \u2028e", "// a\ufffdb \ufffdc d e"},
		{"a build constraint", "+build a\n+builder\n" + strings.Repeat("x", 77) + " +build", "// \"+build\" a\n// +builder\n// " + strings.Repeat("x", 77) + "\n// \"+build\""},
		{"a very long word", strings.Repeat("x", 100) + " y", "// " + strings.Repeat("x", 100) + "\n// y"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := &printer{}
			p.p("func f() {")
			p.comment(tc.text)
			p.p("}")
			got := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(string(new(layout).text(p.b.String())), "func f() {\n\t"), "\n}"), "\n\t", "\n")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("comment (-want +got):\n%s", diff)
			}
		})
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, line string
		want       []string
	}{
		{"none", "var x = 1", nil},
		{"one", "var x = time.Now()", []string{"time"}},
		{"both groups", "var x = codec.F(slices.Max(y))", []string{"slices", "", "github.com/schemactl/schemactl/codec"}},
		{"another name", "var x, y = big.NewRat(1, 2), maps.Keys(z)", []string{"maps", "math/big"}},
		{"in literals", "var x, y, z = \"time.A\\\"\", `time.B`, 'a' // time.C", nil},
		{"after a literal", `var x = "\\" + strconv.Itoa(1)`, []string{"strconv"}},
		{"a field", "var x = r.time.Now() + f().codec.X", nil},
		{"the end of a name", "var x = mytime.Now() + ätime.X", nil},
		{"unknown", "var x = other.X", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := &printer{}
			p.p(tc.line)
			want := ""
			for _, path := range tc.want {
				if path != "" {
					path = "\t\"" + path + "\""
				}
				want += path + "\n"
			}
			if want != "" {
				want = "import (\n" + want + ")\n\n"
			}
			want = header + "\n// Schema: a.avsc\n\npackage p\n\n" + want + tc.line + "\n"
			if diff := cmp.Diff(want, string(p.file("p", "a.avsc"))); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoGo(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"open bracket": "func f() {", "closed bracket": "}", "no declaration": "x := 1", "bad token": "var x = #",
		"half a literal": `var x = "a`, "only a comment sign": "/",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &printer{}
			p.p("type A int")
			p.p(line)
			err := checkSyntax("out/a.gen.go", p.file("p", ""))
			if err == nil || !strings.Contains(err.Error(), "out/a.gen.go:") || !strings.Contains(err.Error(), "\n   5 type A int\n") {
				t.Errorf("error %v", err)
			}
		})
	}
}
