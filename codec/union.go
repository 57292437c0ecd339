package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// NilBranch is the error of appending a union that holds a record which is nil.
func NilBranch(branch string) error {
	return rangeError("the union's branch %s is nil", branch)
}

// MarshalBranch writes a union's value as Avro has it in JSON: an object whose
// only member is named for the branch. A record that is nil is ErrRange.
func MarshalBranch(branch string, v any) ([]byte, error) {
	value, err := marshalPresent(v)
	if err != nil {
		return nil, err
	}
	if string(value) == "null" {
		return nil, NilBranch(branch)
	}
	return json.Marshal(map[string]json.RawMessage{branch: value})
}

// marshalPresent writes a value that is there: a slice or a map that is nil is
// empty, [], {} or "", and not null.
func marshalPresent(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil || string(text) != "null" {
		return text, err
	}
	switch t := reflect.TypeOf(v); {
	case t == nil:
		return text, nil
	case t.Kind() == reflect.Slice:
		return json.Marshal(reflect.MakeSlice(t, 0, 0).Interface())
	case t.Kind() == reflect.Map:
		return json.Marshal(reflect.MakeMap(t).Interface())
	default:
		return text, nil
	}
}

var errUnionJSON = errors.New("union: want null, or an object with one member, named for the branch, that is not null")

// UnmarshalBranch splits what MarshalBranch writes; null is the branch "null".
func UnmarshalBranch(src []byte) (branch string, value []byte, err error) {
	if bytes.Equal(bytes.TrimSpace(src), []byte("null")) {
		return "null", nil, nil
	}
	in := json.NewDecoder(bytes.NewReader(src))
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return "", nil, errUnionJSON
	}
	name, err := in.Token()
	branch, isName := name.(string)
	var raw json.RawMessage
	if err != nil || !isName || in.Decode(&raw) != nil || in.More() {
		return "", nil, errUnionJSON
	}
	if branch == "null" || string(raw) == "null" {
		return "", nil, errUnionJSON
	}
	return branch, raw, nil
}

// UnmarshalValue reads the value of a branch.
func UnmarshalValue(src []byte, v any) error { return json.Unmarshal(src, v) }

// UnknownBranch is the error of a branch that the union does not have.
func UnknownBranch(branch, branches string) error {
	return fmt.Errorf("%w: the union has no branch %.40q, but %s", ErrRange, branch, branches)
}

// EqualPtr reports whether both are nil, or point to values that equal finds
// equal.
func EqualPtr[T any](a, b *T, equal func(a, b *T) bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return equal(a, b)
}
