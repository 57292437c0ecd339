package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Pair is one entry of [Pairs].
type Pair[V any] struct {
	Key   string
	Value V
}

// Pairs is an Avro map as a slice, in the order in which it was or will be
// written. It is decoded and encoded faster than a Go map and is written in the
// same order every time; lookups walk through it. Nil and empty are the same.
//
// Keys should be unique, but nothing makes them so: a writer may repeat one.
// The last entry with a key is then the one that counts, as it is when a Go map
// is filled, and all of them are kept and written again.
type Pairs[V any] []Pair[V]

// Get gives the value of a key and true, or V's zero value and false.
func (s Pairs[V]) Get(key string) (V, bool) {
	if i := s.last(key); i >= 0 {
		return s[i].Value, true
	}
	var none V
	return none, false
}

// Set replaces the value that Get finds, or appends an entry.
func (s *Pairs[V]) Set(key string, v V) {
	if i := s.last(key); i >= 0 {
		(*s)[i].Value = v
		return
	}
	*s = append(*s, Pair[V]{Key: key, Value: v})
}

// last is where the last entry with a key is; -1 when there is none.
func (s Pairs[V]) last(key string) int {
	for i, p := range slices.Backward(s) {
		if p.Key == key {
			return i
		}
	}
	return -1
}

// MarshalJSON writes an object with the entries in their order; nil is {}.
func (s Pairs[V]) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i := range s {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := json.Marshal(s[i].Key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(&s[i].Value)
		if err != nil {
			return nil, fmt.Errorf("[%.40q]: %w", s[i].Key, err)
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads an object and keeps the order of its members; null is nil.
func (s *Pairs[V]) UnmarshalJSON(src []byte) error {
	*s = nil
	if bytes.Equal(bytes.TrimSpace(src), []byte("null")) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(src))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return fmt.Errorf("want a JSON object, got %.40q", src)
	}
	var read Pairs[V]
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("want a member's name, got %v", key)
		}
		read = append(read, Pair[V]{Key: name})
		if err := d.Decode(&read[len(read)-1].Value); err != nil {
			return fmt.Errorf("[%.40q]: %w", name, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows the JSON object")
	}
	*s = read
	return nil
}

// EqualPairs reports whether both hold the same entries, in any order; equal
// compares values. Entries that repeat a key are compared with each other in
// their order, so that it is no matter of chance what they are equal to.
func EqualPairs[V any](a, b Pairs[V], equal func(a, b V) bool) bool {
	if len(a) != len(b) {
		return false
	}
	// Mostly both have one order.
	for len(a) > 0 && a[0].Key == b[0].Key {
		if !equal(a[0].Value, b[0].Value) {
			return false
		}
		a, b = a[1:], b[1:]
	}
	if len(a) == 0 {
		return true
	}
	byA, byB := a.byKey(), b.byKey()
	for i := range byA {
		x, y := &a[byA[i]], &b[byB[i]]
		if x.Key != y.Key || !equal(x.Value, y.Value) {
			return false
		}
	}
	return true
}

// byKey lists the entries by key, and those that repeat a key in their order.
func (s Pairs[V]) byKey() []int {
	order := make([]int, len(s))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return strings.Compare(s[i].Key, s[j].Key) })
	return order
}
