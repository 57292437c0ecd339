package compat

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/registry/avsc"
)

// maxZeroBytes is how long a fixed may be for a default of zeros to be offered.
const maxZeroBytes = 64

// zero is the plainest default of a type, as JSON. Some types have none: records
// that hold themselves, and logical types whose values are more than zeros.
func zero(t *avsc.Type, open []*avsc.Type) (string, bool) {
	switch t.Kind {
	case avsc.Null:
		return "null", true
	case avsc.Boolean:
		return "false", true
	case avsc.Int, avsc.Long:
		return "0", true
	case avsc.Float, avsc.Double:
		return "0.0", true
	case avsc.String:
		return `""`, !isLogical(t)
	case avsc.Bytes:
		if isLogical(t) {
			return "\"\\u0000\"", true // a decimal has at least one byte
		}
		return `""`, true
	case avsc.Fixed:
		return `"` + strings.Repeat(`\u0000`, min(t.Size, maxZeroBytes)) + `"`, t.Size <= maxZeroBytes
	case avsc.Enum:
		if t.Default != nil && slices.Contains(t.Symbols, *t.Default) {
			return toJSON(*t.Default), true
		}
		return toJSON(strings.Join(t.Symbols[:min(len(t.Symbols), 1)], "")), len(t.Symbols) > 0
	case avsc.Array:
		return "[]", true
	case avsc.Map:
		return "{}", true
	case avsc.Union:
		if len(t.Branches) == 0 {
			return "", false
		}
		return zero(t.Branches[0], open)
	case avsc.Record, avsc.Error:
	}
	if slices.Contains(open, t) || len(open) > maxInner {
		return "", false
	}
	var members []string
	for _, f := range t.Fields {
		value, ok := zero(f.Type, append(open, t))
		if !ok {
			return "", false
		}
		members = append(members, toJSON(f.Name)+":"+value)
	}
	return "{" + strings.Join(members, ",") + "}", true
}

func isLogical(t *avsc.Type) bool {
	return slices.ContainsFunc(t.Props, func(p avsc.Prop) bool { return p.Key == "logicalType" })
}

func toJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""` // strings have a JSON form
	}
	return string(b)
}
