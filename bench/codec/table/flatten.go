package table

import (
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"time"
)

// flatten makes the values of all codecs comparable: records and maps become
// maps by their names in lower case without underscores, numbers the widest of
// their kind, times text in UTC, decimals text with their four digits after the
// point, enums their symbols, and what is absent nil.
func flatten(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case *big.Rat:
		return v.FloatString(4)
	}
	value := reflect.ValueOf(v)
	if s, ok := v.(fmt.Stringer); ok && value.Kind() != reflect.Pointer {
		return s.String()
	}
	return flattenKind(value)
}

func flattenKind(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return flatten(v.Elem().Interface())
	case reflect.Struct:
		return flattenStruct(v)
	case reflect.Map:
		out := map[string]any{}
		for _, key := range v.MapKeys() {
			out[plain(key.String())] = flatten(v.MapIndex(key).Interface())
		}
		return out
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = flatten(v.Index(i).Interface())
		}
		return out
	case reflect.Int, reflect.Int32, reflect.Int64:
		return v.Int()
	default:
		return v.Interface()
	}
}

// flattenStruct knows an optional value by its method Ptr.
func flattenStruct(v reflect.Value) any {
	if ptr := v.MethodByName("Ptr"); ptr.IsValid() {
		return flatten(ptr.Call(nil)[0].Interface())
	}
	out := map[string]any{}
	for field, value := range v.Fields() {
		out[plain(field.Name)] = flatten(value.Interface())
	}
	return out
}

func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// same compares a decoded value with what it must be, which has been flattened.
func same(got, want any) error {
	if flat := flatten(got); !reflect.DeepEqual(flat, want) {
		return fmt.Errorf("the value is %v, want %v", flat, want)
	}
	return nil
}
