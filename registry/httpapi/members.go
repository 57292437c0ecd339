package httpapi

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// readMembers reads a JSON value by the exact names of its members. encoding/json takes
// them in any letter case, and members that the contract does not know are not looked at.
func readMembers(text []byte, into reflect.Value) error {
	kind := into.Kind()
	isStruct := (kind == reflect.Pointer || kind == reflect.Slice) && into.Type().Elem().Kind() == reflect.Struct
	switch {
	case kind == reflect.Pointer && isStruct && string(text) != "null":
		into.Set(reflect.New(into.Type().Elem()))
		return readMembers(text, into.Elem())
	case kind == reflect.Slice && isStruct:
		return readList(text, into)
	case kind != reflect.Struct:
		return json.Unmarshal(text, into.Addr().Interface())
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	for i := range into.NumField() {
		name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ",")
		member, ok := members[name]
		if !ok {
			continue
		}
		if err := readMembers(member, into.Field(i)); err != nil {
			if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
				wrong.Field = strings.TrimSuffix(name+"."+wrong.Field, ".")
			}
			return err
		}
	}
	return nil
}

func readList(text []byte, into reflect.Value) error {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil || list == nil {
		return err
	}
	into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
	for i, one := range list {
		if err := readMembers(one, into.Index(i)); err != nil {
			return err
		}
	}
	return nil
}
