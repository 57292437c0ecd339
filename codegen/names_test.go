package codegen

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/avrojson"
)

func TestGoName(t *testing.T) {
	t.Parallel()
	for avro, want := range map[string]string{
		"a": "A", "id": "ID", "user_id": "UserID", "userId": "UserID", "userID": "UserID", "UserId": "UserID", "USER_ID": "UserID",
		"userIDs": "UserIDs", "user_ids": "UserIDs", "ids": "IDs", "identity": "Identity",
		"HTTPServer": "HTTPServer", "http_server": "HTTPServer", "httpServerURL": "HTTPServerURL", "XMLHttpRequest": "XMLHTTPRequest",
		"url_2": "URL2", "utf8": "UTF8", "oauth2_token": "Oauth2Token", "v2Beta": "V2Beta", "sha256": "Sha256",
		"foo_bar": "FooBar", "fooBar": "FooBar", "FooBar": "FooBar", "FOO_BAR": "FooBar", "foo__bar_": "FooBar", "_foo": "Foo",
		"IN_PROGRESS": "InProgress", "OK": "Ok", "A1B2": "A1b2",
		"_": "X", "__": "X", "_1": "X1", "_1a": "X1a", "a.b.C": "ABC", "shop.ORDER_ID": "ShopOrderID", "com.acme.v1.Order": "ComAcmeV1Order",
		"type": "Type", "func": "Func", "string": "String", "nil": "Nil", "codec": "Codec", "time": "Time", "error": "Error", "init": "Init",
	} {
		if got := goName(avro); got != want {
			t.Errorf("goName(%q) = %q, want %q", avro, got, want)
		}
	}
}

func TestScopeTake(t *testing.T) {
	t.Parallel()
	s := scope{"Taken": true}
	for _, tc := range []struct {
		name     string
		suffixes []string
		want     string
	}{
		{"A", nil, "A"},
		{"A", nil, "A2"},
		{"A", nil, "A3"},
		{"A2", nil, "A22"},
		{"A22", nil, "A222"},
		{"Taken", []string{"Field"}, "TakenField"},
		{"Taken", []string{"Field"}, "Taken2"},
		{"Taken", []string{"Field", "Other"}, "TakenOther"},
		{"a", nil, "a"},
	} {
		if got := s.take(tc.name, tc.suffixes...); got != tc.want {
			t.Errorf("take(%q, %v) = %q, want %q", tc.name, tc.suffixes, got, tc.want)
		}
	}
}

func TestTakeFields(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		fields []string
		chosen map[string]string
		want   []string
	}{
		{"plain", []string{"id", "type"}, nil, []string{"ID", "Type"}},
		{"equal but for case and underscores", []string{"foo_bar", "fooBar", "FooBar", "FOO_BAR"}, nil, []string{"FooBar", "FooBar2", "FooBar3", "FooBar4"}},
		{"without letters", []string{"_", "__", "_1", "x1"}, nil, []string{"X", "X2", "X1", "X12"}},
		{"methods", []string{"append_avro", "DecodeAvro", "appendAvro", "equal", "event_key"}, nil, []string{"AppendAvroField", "DecodeAvroField", "AppendAvroField2", "Equal", "EventKey"}},
		{"a field named as another is renamed", []string{"append_avro", "append_avro_field"}, nil, []string{"AppendAvroField", "AppendAvroField2"}},
		{"chosen", []string{"a", "b", "c"}, map[string]string{"c": "A", "b": "Beta"}, []string{"A2", "Beta", "A"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			name := func(fields []string) []string {
				return methodNames(&namedType{}).takeFields(fields, func(f string) string { return tc.chosen[f] })
			}
			if diff := cmp.Diff(tc.want, name(tc.fields)); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			// What is added at the end changes nothing before it.
			for _, more := range append([]string{"foo_bar2", "x_12", "Beta_"}, tc.fields...) {
				if diff := cmp.Diff(tc.want, name(append(slices.Clip(tc.fields), more+"_"))[:len(tc.fields)]); diff != "" {
					t.Errorf("names with %s_ at the end (-want +got):\n%s", more, diff)
				}
			}
		})
	}
}

func TestMethodNames(t *testing.T) {
	t.Parallel()
	event := &namedType{event: map[string]*avrojson.Value{}}
	for name, want := range map[string][2]bool{"ReadAvro": {true, true}, "EventKey": {false, true}, "Equal": {false, false}} {
		if got := [2]bool{methodNames(&namedType{})[name], methodNames(event)[name]}; got != want {
			t.Errorf("%s is a method of a record and of an event: %v, want %v", name, got, want)
		}
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"OrderPlaced.avsc": "order_placed.gen.go", "acme.Order-Placed v2.avsc": "acme_order_placed_v2.gen.go", "a/b.avsc": "a_b.gen.go",
		"runs_on_windows.avsc": "runs_on_windows_avro.gen.go", "order_test.avsc": "order_test_avro.gen.go", "ü.avsc": "avro.gen.go", "_.avsc": "avro.gen.go",
		"userIDs.avsc": "user_ids.gen.go", "HTTPServer.avsc": "http_server.gen.go",
	} {
		if got := fileName(path); got != want {
			t.Errorf("fileName(%q) = %q, want %q", path, got, want)
		}
	}
}
