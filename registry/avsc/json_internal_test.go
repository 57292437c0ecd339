package avsc

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// FuzzReadJSON reads what encoding/json reads, as it reads it, and nothing else but
// for text that is nested too deep.
func FuzzReadJSON(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `"a"`, `-0.5e+7`, `true`, `null`, ` [ 1 , {"a" : "\u00e9\ud83d\ude9a\ud83d\n\/" } ] `, `{"a":1,"a":2}`, `01`, `1.`, `1e`, `-`,
		`[1,]`, `{"a"}`, `{"a":}`, `{,}`, `"\x"`, `"\u12"`, "\"\x01\"", "\"\xff\"", `tru`, `nullx`, `[1 2]`, `{"a":1 "b":2}`, ``, `"`, `{"`, `"\ud83d\u0041"`, `"\u+123"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := readJSON(text, nil)
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var want any
		wanted := dec.Decode(&want)
		if wanted == nil && dec.More() || wanted == nil && !json.Valid([]byte(text)) {
			wanted = errInvalidText
		}
		if err != nil && strings.Contains(err.Error(), "deeper") {
			return
		}
		if (err == nil) != (wanted == nil) {
			t.Fatalf("%q: %v, encoding/json says %v", text, err, wanted)
		}
		if err != nil {
			return
		}
		if got := plain(v); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %#v, encoding/json says %#v", text, got, want)
		}
		again, err := readJSON(string(appendValue(nil, v, false)), nil)
		if err != nil || !bytes.Equal(appendValue(nil, again, false), appendValue(nil, v, false)) {
			t.Fatalf("%q printed and read: %v", text, err)
		}
	})
}

var errInvalidText = invalidf("invalid")

// plain is a value as encoding/json has it.
func plain(v value) any {
	switch v.kind {
	case '{':
		m := map[string]any{}
		for _, member := range v.parts {
			m[member.key] = plain(member.value)
		}
		return m
	case '[':
		list := []any{}
		for _, item := range v.parts {
			list = append(list, plain(item.value))
		}
		return list
	case '"':
		return v.text
	case '0':
		return json.Number(v.text)
	case 't':
		return v.truth
	}
	return nil
}
