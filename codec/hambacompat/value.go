package hambacompat

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/schemactl/schemactl/codec"
)

var recordType = reflect.TypeFor[codec.Record]()

// sourceOf is the value to encode: a pointer to a generated type, the type
// itself, or a pointer to such a pointer, as hamba takes them.
func sourceOf(v any) (codec.Record, error) {
	rv := reflect.ValueOf(v)
	if r, ok := v.(codec.Record); ok {
		if rv.Kind() == reflect.Pointer && rv.IsNil() {
			return nil, fmt.Errorf("encode %T: it is nil", v)
		}
		return r, nil
	}
	switch {
	case !rv.IsValid():
		return nil, fmt.Errorf("encode nil: %w", ErrForeign)
	case reflect.PointerTo(rv.Type()).Implements(recordType):
		p := reflect.New(rv.Type())
		p.Elem().Set(rv)
		r, _ := reflect.TypeAssert[codec.Record](p)
		return r, nil
	case rv.Kind() == reflect.Pointer && rv.Type().Elem().Implements(recordType) && !rv.IsNil():
		return sourceOf(rv.Elem().Interface())
	}
	return nil, fmt.Errorf("encode %T: %w", v, ErrForeign)
}

// target is where a value is decoded into.
type target struct {
	record codec.Record
	into   reflect.Value // a nil pointer that takes the record once it is whole
}

// targetOf takes a pointer to a generated type, or a pointer to such a pointer;
// one that is nil gets a new value.
func targetOf(v any) (target, error) {
	rv := reflect.ValueOf(v)
	if r, ok := v.(codec.Record); ok {
		if rv.Kind() != reflect.Pointer || rv.IsNil() {
			return target{}, fmt.Errorf("decode into %T: it is nil", v)
		}
		return target{record: r}, nil
	}
	switch {
	case !rv.IsValid():
		return target{}, errors.New("decode into nil")
	case reflect.PointerTo(rv.Type()).Implements(recordType):
		return target{}, fmt.Errorf("decode into %T: it takes a pointer", v)
	case rv.Kind() != reflect.Pointer || rv.Type().Elem().Kind() != reflect.Pointer || !rv.Type().Elem().Implements(recordType):
		return target{}, fmt.Errorf("decode into %T: %w", v, ErrForeign)
	case rv.IsNil():
		return target{}, fmt.Errorf("decode into %T: it is nil", v)
	}
	if r, ok := reflect.TypeAssert[codec.Record](rv.Elem()); ok && !rv.Elem().IsNil() {
		return target{record: r}, nil
	}
	r, _ := reflect.TypeAssert[codec.Record](reflect.New(rv.Type().Elem().Elem()))
	return target{record: r, into: rv.Elem()}, nil
}

// done hands over a new value.
func (t target) done() {
	if t.into.IsValid() {
		t.into.Set(reflect.ValueOf(t.record))
	}
}
