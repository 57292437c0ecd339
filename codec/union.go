package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// NilBranch is the error of appending a union that holds a record which is nil.
func NilBranch(branch string) error {
	return rangeError("the union's branch %s is nil", branch)
}

// MarshalBranch writes a union's value as Avro has it in JSON: an object whose
// only member is named for the branch.
func MarshalBranch(branch string, v any) ([]byte, error) {
	return json.Marshal(map[string]any{branch: v})
}

// UnmarshalBranch splits what MarshalBranch writes; null is the branch "null".
func UnmarshalBranch(src []byte) (branch string, value []byte, err error) {
	if bytes.Equal(bytes.TrimSpace(src), []byte("null")) {
		return "null", nil, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(src, &object); err != nil {
		return "", nil, fmt.Errorf("union: %w", err)
	}
	if len(object) != 1 {
		return "", nil, fmt.Errorf("union: want null or an object with one member, the branch's name; there are %d", len(object))
	}
	for branch, value = range object {
		break
	}
	return branch, value, nil
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
