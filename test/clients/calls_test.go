package clients_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// schemas are what the clients register: three versions of an order, the last of
// which cannot read what the others wrote, a schema with a reference, and one for
// a serializer to register by itself.
var schemas = map[string]string{
	"first":  `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}`,
	"second": `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"note","type":"string","default":""}]}`,
	"bad":    `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"string"}]}`,
	"line":   `{"type":"record","name":"Line","namespace":"shop","fields":[{"name":"order","type":"shop.Order"},{"name":"count","type":"int"}]}`,
	"auto":   `{"type":"record","name":"Auto","namespace":"shop","fields":[{"name":"n","type":"long"}]}`,
}

type got = map[string]any

// all is what a client gets that has every call.
func all(t *testing.T) got {
	t.Helper()
	return got{
		"register":     1,
		"again":        1,
		"next":         2,
		"lookup":       []any{2, 2}, // id and version
		"byID":         parsed(t, schemas["first"]),
		"latest":       []any{2, 2},
		"versions":     []any{1, 2},
		"compatible":   true,
		"incompatible": false,
		"refused":      []any{409, 40901}, // status and code
		"line":         3,
		"references":   []any{[]any{"shop.Order", "orders-value", 2}},
		"referred":     []any{422, 42206},
		"subjects":     []any{"lines", "orders-value"},
		"level":        "NONE",
		"atNone":       4,
		"noLevel":      []any{404, 40408},
		"deleted":      []any{[]any{1}, []any{1}},
		"noSubject":    []any{404, 40401},
		"noID":         []any{404, 40403},
		"auto":         5,
	}
}

// contracts is what a client gets that knows settings, metadata and rules.
func contracts(t *testing.T) got {
	t.Helper()
	return got{
		"config":       []any{"FULL", "major", got{"owner": "shop"}},
		"made":         1,
		"metadata":     got{"major": "1", "owner": "shop"},
		"rules":        []any{[]any{"positive", "CONDITION", "WRITE", "message.id > 0"}},
		"latest":       1,
		"noLatest":     []any{404, 40402},
		"byGUID":       parsed(t, schemas["first"]),
		"associations": []any{404, 404},
		"mode":         "READONLY",
		"readOnly":     []any{422, 42205},
		"subjects":     []any{"orders-value"},
		"versions":     []any{[]any{"orders-value", 1}},
		"types":        []any{"AVRO", "JSON", "PROTOBUF"},
		"contexts":     []any{"."},
	}
}

// with is base with other members; one that is nil is not there.
func with(base, other got) got {
	base = maps.Clone(base)
	for name, value := range other {
		base[name] = value
		if value == nil {
			delete(base, name)
		}
	}
	return base
}

// kafkaJSOrder is the first schema as kafkajs' type prints it: with one name.
var kafkaJSOrder = got{"name": "shop.Order", "type": "record", "fields": []any{got{"name": "id", "type": "long"}}}

// peers are the clients under test, and what they get that is not as in all.
var peers = map[string]struct {
	start   func(t *testing.T) (peer, error)
	differs got
	// contracts differ in the same way; nil is for a client that knows none of it.
	contracts got
	secured   got
}{
	"confluent-js": {
		start:     startNode("confluent.js"),
		contracts: got{"mode": nil, "readOnly": nil, "subjects": nil, "versions": nil, "types": nil, "contexts": nil},
	},
	"kafkajs": {
		start: startNode("kafkajs.js"),
		// It has fewer calls, and its errors have no code.
		differs: got{
			"lookup": []any{2}, "latest": []any{2}, "refused": []any{409}, "noSubject": []any{404}, "noID": []any{404},
			"versions": nil, "compatible": nil, "incompatible": nil, "references": nil, "referred": nil, "subjects": nil,
			"level": nil, "atNone": nil, "noLevel": nil, "deleted": nil, "auto": nil,
			"byID":        kafkaJSOrder,
			"byReference": got{"order": got{"id": 1, "note": "a"}, "count": 2},
		},
		secured: got{"wrong": []any{401}, "readOnly": []any{403}, "read": kafkaJSOrder},
	},
	"python": {start: startPython, contracts: got{}},
	"java": {
		start:     startJava,
		differs:   got{"inlined": 3, "texts": 1},
		contracts: got{"byGUID": nil, "associations": nil, "types": nil, "contexts": nil},
	},
	"franz": {start: func(*testing.T) (peer, error) { return franz{}, nil }},
}

// Each client does all that it can on a registry of its own, over HTTP and over
// HTTPS with a password.
func TestCalls(t *testing.T) {
	t.Parallel()
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := p.start(t)
			if mayLack(err) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			compare(t, c, request{Do: "calls", Server: address{URL: serve(t)}, Schemas: schemas}, with(all(t), p.differs))
			if p.contracts != nil {
				compare(t, c, request{Do: "contracts", Server: address{URL: serve(t)}, Schemas: schemas}, with(contracts(t), p.contracts))
			}
			compare(t, c, request{Do: "secured", Server: serveSecured(t), Schemas: schemas}, with(got{
				"wrong":    []any{401, 401},
				"register": 1,
				"read":     parsed(t, schemas["first"]),
				"readOnly": []any{403, 403},
			}, p.secured))
		})
	}
}

// compare asks a client and compares what it got.
func compare(t *testing.T, c peer, q request, want any) {
	t.Helper()
	answer, err := c.ask(t, q)
	if err != nil {
		t.Errorf("%s: %v", q.Do, err)
		return
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parsed(t, string(text)), parsed(t, string(answer))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", q.Do, diff)
	}
}

// parsed is what a JSON text says.
func parsed(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}
