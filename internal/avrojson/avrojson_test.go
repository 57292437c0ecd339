package avrojson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/avrojson"
)

func TestParseKeepsOrderTextAndPlaces(t *testing.T) {
	t.Parallel()
	src := "{\"b\": 1.50,\n  \"ä\": [true, null, \"\\u00e4\\n\\ud83d\\ude00\"],\n\t\"a\": {}, \"c\": -0e+1}"
	v, err := avrojson.Parse([]byte("\ufeff" + src))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range v.Members {
		keys = append(keys, m.Key+"@"+m.Pos.String()+"="+m.Value.Pos.String())
	}
	if diff := cmp.Diff([]string{"b@1:2=1:7", "ä@2:3=2:8", "a@3:2=3:7", "c@3:11=3:16"}, keys); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if got := v.Get("ä").Elements[2]; got.Text != "ä\n😀" || got.Pos.String() != "2:21" {
		t.Errorf("string %q at %s", got.Text, got.Pos)
	}
	if got := src[v.Get("c").Pos.Offset-len("\ufeff"):]; got != "-0e+1}" {
		t.Errorf("offset points at %q", got)
	}
	if got, want := v.String(), `{"b":1.50,"ä":[true,null,"ä\n😀"],"a":{},"c":-0e+1}`; got != want {
		t.Errorf("text %s, want %s", got, want)
	}
	if v.Get("none") != nil || v.Get("a").Get("x") != nil || (*avrojson.Value)(nil).Get("x") != nil {
		t.Error("Get finds what is not there")
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"nothing", "", "1:1: text ends where a value should be"},
		{"white space", " \n ", "2:2: text ends where a value should be"},
		{"word", "nul", "1:1: found 'n' where a value should be"},
		{"two values", "1 2", "1:3: text after the value"},
		{"comma at the end", "[1,]", "1:4: found ']' where a value should be"},
		{"no comma", "[1 2]", "1:4: found '2' where a comma or ] should be"},
		{"open list", "[1", "1:3: text ends where a comma or ] should be"},
		{"key", "{a:1}", "1:2: found 'a' where a member name in quotes should be"},
		{"no colon", `{"a" 1}`, "1:6: found '1' where a colon should be"},
		{"comma before the end", `{"a":1,}`, "1:8: found '}' where a member name in quotes should be"},
		{"twice", "{\"a\":1,\n\"a\":2}", `2:1: member "a" occurs twice`},
		{"twice by escape", `{"a":1,"\u0061":2}`, `1:8: member "a" occurs twice`},
		{"open string", `"abc`, "1:5: text ends inside a string"},
		{"control character", "\"a\nb\"", "1:3: control character 0x0a in a string"},
		{"escape", `"\x"`, "1:2: unknown escape in a string"},
		{"escape cut", `"\u12`, "1:2: unknown escape in a string"},
		{"half a pair", `"\ud83d"`, "1:2: half of a surrogate pair in a string"},
		{"wrong half", `"\ude00\ud83d"`, "1:2: half of a surrogate pair in a string"},
		{"not UTF-8", "\"\xff\"", "1:2: string is not UTF-8"},
		{"leading zero", "01", "1:1: number with a leading zero"},
		{"minus", "-", "1:2: text ends where a digit should be"},
		{"point", "1.", "1:3: text ends where a digit should be"},
		{"exponent", "1e+", "1:4: text ends where a digit should be"},
		{"plus", "+1", "1:1: found '+' where a value should be"},
		{"deep", strings.Repeat("[", 1_000_000), "1:514: nested more than 512 deep"},
		{"deep objects", strings.Repeat(`{"a":`, 1_000_000), "1:2566: nested more than 512 deep"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := avrojson.Parse([]byte(tc.src))
			if _, ok := errors.AsType[*avrojson.SyntaxError](err); !ok || err.Error() != tc.want {
				t.Errorf("error %v, want %s", err, tc.want)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	parse := func(src string) *avrojson.Value {
		v, err := avrojson.Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	many := func(first, last int) string {
		var members []string
		for i := first; i != last; i += (last - first) / max(last-first, first-last) {
			members = append(members, fmt.Sprintf(`"%d":%d`, i, i))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{`null`, `null`, true},
		{`null`, `false`, false},
		{`true`, `false`, false},
		{`1`, `1.0`, false},
		{`"1"`, `1`, false},
		{`"\u0061"`, `"a"`, true},
		{`[1,[2]]`, ` [ 1, [ 2 ] ]`, true},
		{`[1,2]`, `[2,1]`, false},
		{`[1]`, `[1,1]`, false},
		{`{"a":1,"b":[]}`, `{"b":[],"a":1}`, true},
		{`{"a":1}`, `{"b":1}`, false},
		{`{"a":1}`, `{"a":1,"b":1}`, false},
		{`{"a":null}`, `{}`, false},
		{many(0, 40), many(39, -1), true},
		{many(0, 40), many(1, 41), false},
	} {
		if got := parse(tc.a).Equal(parse(tc.b)); got != tc.want {
			t.Errorf("%s equals %s: %t", tc.a, tc.b, got)
		}
	}
	if v := parse(`1`); v.Equal(nil) || (*avrojson.Value)(nil).Equal(v) || !(*avrojson.Value)(nil).Equal(nil) {
		t.Error("nil")
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                     `""`,
		"plain ä€😀 \u2028<>&/": "\"plain ä€😀 \u2028<>&/\"",
		"\"a\\b\"":             `"\"a\\b\""`,
		"\n\r\t\b\x00\x1f\x7f": "\"\\n\\r\\t\\u0008\\u0000\\u001f\x7f\"",
		"a\xffb":               "\"a\uFFFDb\"",
	} {
		if got := avrojson.Quote(in); got != want {
			t.Errorf("%q is quoted %s, want %s", in, got, want)
		}
	}
	if got := string(avrojson.AppendQuote([]byte("x:"), "y")); got != `x:"y"` {
		t.Errorf("appended %s", got)
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	for _, members := range []int{0, 3, 16, 17, 100} {
		var b strings.Builder
		for i := range members {
			fmt.Fprintf(&b, `,"k%d":%d`, i, i)
		}
		v, err := avrojson.Parse([]byte("{" + strings.TrimPrefix(b.String(), ",") + "}"))
		if err != nil {
			t.Fatal(err)
		}
		get := v.Index()
		for i := range members {
			if key := fmt.Sprintf("k%d", i); get(key) != v.Get(key) || get(key) == nil {
				t.Errorf("%d members: %s is %v", members, key, get(key))
			}
		}
		if get("none") != nil {
			t.Error("Index finds what is not there")
		}
	}
}

// TestMemberTwiceAmongMany has the second one far from the first.
func TestMemberTwiceAmongMany(t *testing.T) {
	t.Parallel()
	for _, members := range []int{2, 16, 17, 18, 1000} {
		var b strings.Builder
		for i := range members {
			fmt.Fprintf(&b, `"k%d":0,`, i)
		}
		for _, again := range []int{0, members / 2, members - 1} {
			_, err := avrojson.Parse(fmt.Appendf(nil, `{%s"k%d":0}`, b.String(), again))
			if want := fmt.Sprintf(`member "k%d" occurs twice`, again); err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%d members: error %v, want %s", members, err, want)
			}
		}
		if _, err := avrojson.Parse([]byte("{" + strings.TrimSuffix(b.String(), ",") + "}")); err != nil {
			t.Errorf("%d members: %v", members, err)
		}
	}
}

// TestLongLine reads many values on one line, as registries send schemas.
func TestLongLine(t *testing.T) {
	t.Parallel()
	src := "[" + strings.Repeat(`{"name":"f","type":"int"},`, 100_000) + "0]"
	start := time.Now()
	v, err := avrojson.Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
	if last := v.Elements[100_000]; last.Pos.Column != len(src)-1 {
		t.Errorf("last value at %s", last.Pos)
	}
}

// FuzzParse compares with encoding/json, which takes more: members twice, lone
// surrogates, text that is not UTF-8, deep nesting.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5e-3,"x\u00e4",true,false,null,{}]}`))
	f.Add([]byte("\ufeff\"\\ud83d\\ude00\""))
	f.Add([]byte("{\n\t\"ä\": [ ]}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		v, err := avrojson.Parse(src)
		if err != nil {
			if _, ok := errors.AsType[*avrojson.SyntaxError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		var want, got any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(string(src), "\ufeff")), &want); err != nil {
			if !strings.Contains(err.Error(), "cannot unmarshal number") {
				t.Fatalf("%q is no JSON: %v", src, err)
			}
			return
		}
		if err := json.Unmarshal([]byte(v.String()), &got); err != nil {
			t.Fatalf("%q was written as %q: %v", src, v, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", src, diff)
		}
		again, err := avrojson.Parse([]byte(v.String()))
		if err != nil || again.String() != v.String() {
			t.Fatalf("%q: %v", src, err)
		}
	})
}
