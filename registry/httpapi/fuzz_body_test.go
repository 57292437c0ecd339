package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
)

// bodyKinds is how many kinds of bodies there are.
const bodyKinds = 10

func (s *source) body() string {
	switch s.byte() % bodyKinds {
	case 0:
		return s.schemaBody()
	case 1:
		return s.raw()
	case 2:
		return s.object(4)
	case 3: // cut off
		text := s.schemaBody()
		return text[:int(s.byte())*len(text)/256]
	case 4:
		return s.deep()
	case 5:
		return fmt.Sprintf(`{"mode":%s}`, s.either(`"READWRITE"`, `"READONLY"`, `"IMPORT"`, `"import"`, `"FORWARD"`, `"READONLY_OVERRIDE"`))
	case 6:
		return s.configBody()
	case 7:
		return fmt.Sprintf(`{"tagsToAdd":%s,"tagsToRemove":%s,"newVersion":%s,"metadata":%s,"rulesToMerge":%s,"rulesToRemove":["r"]}`,
			s.tags(), s.tags(), s.number(), s.metadata(), s.rules())
	case 8:
		return s.mutated()
	}
	return ""
}

// either is one of some texts, or now and then any other value.
func (s *source) either(texts ...string) string {
	which := int(s.byte())
	if which >= 230 {
		return s.value(3)
	}
	return texts[which%len(texts)]
}

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(b)
}

func (s *source) number() string {
	return s.either("1", "0", "-1", "2", "3", "100", "4294967295", "4294967296", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "1e400", "1.5", "-0", "1e2")
}

// value is any value of JSON.
func (s *source) value(depth int) string {
	which := s.byte()
	if depth == 0 {
		which %= 6
	}
	switch which % 8 {
	case 0:
		return s.number()
	case 1:
		return quote(s.raw())
	case 2:
		return "null"
	case 3:
		return "true"
	case 4:
		return `"` + s.raw() + `"` // perhaps not one
	case 5:
		return quote(s.schema())
	case 6:
		list := make([]string, s.byte()%4)
		for i := range list {
			list[i] = s.value(depth - 1)
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	return s.object(depth - 1)
}

var memberNames = []string{
	"schema", "schemaType", "references", "metadata", "ruleSet", "version", "id", "mode", "compatibility", "compatibilityLevel",
	"name", "subject", "tags", "properties", "sensitive", "migrationRules", "domainRules", "kind", "type", "fields", "items", "symbols",
	"size", "default", "aliases", "namespace", "logicalType", "values", "schemaTagsToAdd", "schemaEntity", "entityPath", "alias", "Schema",
}

func (s *source) object(depth int) string {
	list := make([]string, s.byte()%6)
	for i := range list {
		list[i] = quote(s.pick(memberNames)) + ":" + s.value(max(depth, 0))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// schemaBody asks for a schema, with what may come with one.
func (s *source) schemaBody() string {
	members := []string{`"schema":` + s.either(quote(s.schema()))}
	has := s.byte()
	for i, member := range []func() string{
		func() string {
			return `"schemaType":` + s.either(`"AVRO"`, `"JSON"`, `"PROTOBUF"`, `""`, `"avro"`, `"X"`)
		},
		func() string { return `"references":` + s.references() },
		func() string { return `"metadata":` + s.metadata() },
		func() string { return `"ruleSet":` + s.rules() },
		func() string { return `"version":` + s.number() },
		func() string { return `"id":` + s.number() },
		func() string { return `"schemaTagsToAdd":` + s.tags() },
		func() string { return `"propagateSchemaTags":true,"schemaTagsToRemove":` + s.tags() },
	} {
		if has>>i&1 == 1 {
			members = append(members, member())
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

var schemas = []string{
	`"string"`, `{"type":"record","name":"R","fields":[]}`, `{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}`,
	`{"type":"record","name":"R","fields":[{"name":"a","type":["null","R"],"default":null}]}`,
	`{"type":"record","name":"n.R","fields":[{"name":"a","type":"N"},{"name":"b","type":{"type":"fixed","name":"F","size":4},"default":"abcd"}]}`,
	`{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}`, `{"type":"enum","name":"E","symbols":["A"]}`, `["null","int",{"type":"map","values":"long"}]`,
	`{"type":"bytes","logicalType":"decimal","precision":4,"scale":9}`, `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}`,
	`{"type":"fixed","name":"F","size":99999999999}`, `{"type":"object","properties":{"a":{"type":"integer"}}}`, `syntax = "proto3"; message M { int32 a = 1; }`,
	`{"type":"record","name":"R","fields":[{"name":"a","type":"float","default":1e999}]}`, `[]`, `{}`, ``, `[[]]`, `{"type":{"type":{"type":"int"}}}`,
	`{"type":"record","name":"R","aliases":["Q","n.Q"],"fields":[{"name":"a","type":"long","aliases":["b"],"order":"descending","confluent:tags":["PII"]}]}`,
}

// schema is a text that may be one's.
func (s *source) schema() string {
	which := int(s.byte())
	switch {
	case which >= 240:
		return s.raw()
	case which >= 225:
		return s.deep()
	case which >= 200:
		return s.object(5)
	case which >= 150:
		return fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"f","type":%s,"default":%s}]}`, s.schema(), s.value(3))
	}
	return schemas[which%len(schemas)]
}

// deep nests one of some ways, up to beyond the bound of a body.
func (s *source) deep() string {
	open := s.pick([]string{`[`, `{"type":`, `{"type":"array","items":`, `{"a":`, `{"type":"map","values":`, `["null",`})
	last := map[byte]string{'[': "]", '{': "}"}[open[0]]
	depth := 1 << (s.byte() % 18)
	depth = min(depth, 2*fuzzBodyBytes/len(open))
	return strings.Repeat(open, depth) + `"int"` + strings.Repeat(last, depth)
}

func (s *source) references() string {
	return s.either(`[]`, `[{"name":"R","subject":"a","version":1}]`, `[{"name":"n.R","subject":"a","version":-1}]`,
		`[{"name":"N","subject":":.c:a","version":1},{"name":"R","subject":"b","version":2}]`, `[{"name":"","subject":"","version":0}]`, `[{}]`, `[null]`,
		`[{"name":"R","subject":"a","version":1},{"name":"R","subject":"a","version":1}]`, fmt.Sprintf(`[{"name":"N","subject":"b","version":%s}]`, s.number()))
}

func (s *source) metadata() string {
	return s.either(`{}`, `null`, `{"properties":{"a":"b"}}`, `{"tags":{"**":["PII"]},"sensitive":["a"]}`, `{"properties":{"confluent:version":"7"}}`,
		fmt.Sprintf(`{"properties":{%s:%s}}`, quote(s.raw()), s.value(1)), `{"tags":{"a":null}}`,
		// Two of these, or one and what it inherits, are more than the store takes.
		fmt.Sprintf(`{"properties":{"a":%q}}`, strings.Repeat("🚚", 100)), fmt.Sprintf(`{"properties":{"b":%q}}`, strings.Repeat("🚚", 100)))
}

func (s *source) rules() string {
	return s.either(`{}`, `null`, `{"domainRules":[{"name":"r","kind":"CONDITION","mode":"WRITE","type":"CEL","expr":"true"}]}`,
		`{"migrationRules":[{"name":"r","kind":"TRANSFORM","mode":"UPGRADE","type":"JSONATA"}]}`, `{"domainRules":[null]}`,
		`{"domainRules":[{"name":"r"},{"name":"r"}]}`, fmt.Sprintf(`{"encodingRules":[%s]}`, s.object(3)))
}

func (s *source) tags() string {
	return s.either(`[]`, `null`, `[{"schemaEntity":{"entityPath":"R","entityType":"sr_record"},"tags":["T"]}]`,
		`[{"schemaEntity":{"entityPath":"R.a","entityType":"sr_field"},"tags":["T","U"]}]`, `[{}]`, `[null]`,
		fmt.Sprintf(`[{"schemaEntity":{"entityPath":%s,"entityType":"sr_field"},"tags":[%s]}]`, quote(s.raw()), quote(s.raw())))
}

func (s *source) configBody() string {
	level := s.either(`"NONE"`, `"FULL_TRANSITIVE"`, `"backward"`, `"FORWARD"`, `null`, `""`, `"X"`)
	switch s.byte() % 6 {
	case 0:
		return fmt.Sprintf(`{"compatibility":%s}`, level)
	case 1:
		return fmt.Sprintf(`{"compatibilityLevel":%s,"normalize":%s,"alias":%s}`, level, s.either("true", "false", "null"), s.either(`"a"`, `"b"`, `":.c:a"`, `""`, "null"))
	case 2:
		return fmt.Sprintf(`{"defaultMetadata":%s,"overrideMetadata":%s,"compatibilityGroup":%s}`, s.metadata(), s.metadata(), s.either(`"a"`, "null"))
	case 3:
		return fmt.Sprintf(`{"defaultRuleSet":%s,"overrideRuleSet":%s}`, s.rules(), s.rules())
	case 4:
		return fmt.Sprintf(`{"validateFields":%s,"validateNewSchemas":%s,"validateRules":%s,"compatibilityPolicy":%s}`,
			s.either("true"), s.either("false"), s.either("true"), s.either(`"STRICT"`, `"LOGICAL"`, `"X"`))
	}
	return s.object(3)
}

// mutated is a body with bytes that the fuzzer has put in.
func (s *source) mutated() string {
	text := []byte(s.schemaBody())
	for range s.byte() % 8 {
		text[int(s.byte())*len(text)/256] = s.byte()
	}
	return string(text)
}
