package codec

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Opt is a value that may be absent: the Go form of the Avro union of null and
// T. The zero Opt is null.
type Opt[T any] struct {
	value T
	set   bool
}

// Some is an Opt that holds v.
func Some[T any](v T) Opt[T] { return Opt[T]{value: v, set: true} }

// None is an Opt that holds nothing; it is the zero value.
func None[T any]() Opt[T] { return Opt[T]{} }

// FromPtr is an Opt with the value that p points to, or nothing when p is nil.
func FromPtr[T any](p *T) Opt[T] {
	if p == nil {
		return Opt[T]{}
	}
	return Some(*p)
}

// IsSet reports whether there is a value.
func (o Opt[T]) IsSet() bool { return o.set }

// Get gives the value and true, or T's zero value and false.
func (o Opt[T]) Get() (T, bool) { return o.value, o.set }

// Or gives the value, or v when there is none.
func (o Opt[T]) Or(v T) T {
	if o.set {
		return o.value
	}
	return v
}

// Ptr points to a copy of the value; it is nil when there is none.
func (o Opt[T]) Ptr() *T {
	if !o.set {
		return nil
	}
	return &o.value
}

// Ref points to the value inside o; it is nil when there is none. Generated
// code uses it to encode a large value without a copy.
func (o *Opt[T]) Ref() *T {
	if !o.set {
		return nil
	}
	return &o.value
}

// Equal reports whether both hold nothing or equal values. Values are compared
// by their own Equal method when they have one. It is for tests and tools:
// generated code compares without reflection.
func (o Opt[T]) Equal(other Opt[T]) bool {
	if o.set != other.set || !o.set {
		return o.set == other.set
	}
	if e, ok := any(o.value).(interface{ Equal(other T) bool }); ok {
		return e.Equal(other.value)
	}
	if e, ok := any(&o.value).(interface{ Equal(other *T) bool }); ok {
		return e.Equal(&other.value)
	}
	return reflect.DeepEqual(o.value, other.value)
}

// MarshalJSON writes the value, or null. A slice or a map that is nil is an
// empty value, not an absent one: [], {} or "".
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.set {
		return []byte("null"), nil
	}
	return marshalPresent(o.value)
}

// UnmarshalJSON reads the value, or null.
func (o *Opt[T]) UnmarshalJSON(src []byte) error {
	*o = Opt[T]{}
	if bytes.Equal(bytes.TrimSpace(src), []byte("null")) {
		return nil
	}
	var v T
	if err := json.Unmarshal(src, &v); err != nil {
		return err
	}
	*o = Some(v)
	return nil
}
