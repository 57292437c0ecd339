package kafkastore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
)

const confluent, karapace = "confluent-8.5", "karapace-2026-06"

// answers is what a registry knows, one line each.
func answers(t *testing.T, reg *registry.Registry) []string {
	t.Helper()
	list, err := reg.List(t.Context(), registry.ListRequest{Prefix: ":*:", Deleted: registry.WithDeleted})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	names := map[string]bool{"": true, "alias-value": true, "imported": true, "orders-copy": true, "purged-value": true}
	for _, e := range list {
		line := fmt.Sprintf("%s %d has id %d", e.Subject, e.Version, e.ID)
		if e.Deleted {
			line += ", deleted"
		}
		lines = append(lines, line)
		names[e.Subject] = true
	}
	for name := range names {
		c, err := reg.Config(t.Context(), name)
		if err == nil {
			lines = append(lines, fmt.Sprintf("config of %q: %s %s %s", name, c.Level, c.Alias, c.Group))
		} else if !errors.Is(err, registry.ErrConfigNotSet) {
			t.Error(err)
		}
		if m, err := reg.Mode(t.Context(), name); err == nil && name != "" {
			lines = append(lines, fmt.Sprintf("mode of %q: %s", name, m))
		}
	}
	for _, name := range []string{"", ":.eu:"} {
		id, err := reg.LastID(t.Context(), name)
		if err != nil {
			t.Error(err)
		}
		lines = append(lines, fmt.Sprintf("last id of %q: %d", name, id))
	}
	return lines
}

func wantAnswers(t *testing.T, what string, want, got []string) {
	t.Helper()
	sorted := cmp.Transformer("set", func(list []string) map[string]bool {
		set := map[string]bool{}
		for _, line := range list {
			set[strings.TrimSpace(line)] = true
		}
		return set
	})
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// goldenAnswers are what the calls beside a topic have led to.
var goldenAnswers = map[string][]string{
	confluent: {
		":.eu:orders-value 1 has id 1", "addr 1 has id 4", "gone-value 1 has id 6, deleted", "gone-value 2 has id 7, deleted",
		"imported 5 has id 100", "json-value 1 has id 102", "meta-value 1 has id 101", "orders-copy 1 has id 1",
		"orders-value 3 has id 3", "orders-value 4 has id 2", "person-value 1 has id 5",
		`config of "": FULL`, `config of "alias-value": BACKWARD orders-value`, `config of "meta-value": BACKWARD  major`, `config of "orders-value": NONE`,
		`mode of "imported": READWRITE`, `last id of "": 102`, `last id of ":.eu:": 1`,
	},
	karapace: {
		":.eu:orders-value 1 has id 10", "addr 1 has id 4", "gone-value 1 has id 6, deleted", "gone-value 2 has id 7, deleted",
		"imported 1 has id 9", "json-value 1 has id 12", "meta-value 1 has id 11", "orders-copy 1 has id 1",
		"orders-value 2 has id 2, deleted", "orders-value 3 has id 3", "orders-value 4 has id 2", "person-value 1 has id 5",
		`config of "": FULL`, `config of "meta-value": BACKWARD`, `config of "orders-value": NONE`,
		`last id of "": 12`, `last id of ":.eu:": 10`,
	},
}

// Topics that other registries wrote say what they said to them, compacted or not.
func TestGoldenTopics(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		for name, want := range goldenAnswers {
			all := readGolden(t, name)
			for kind, list := range map[string][]golden{"whole": all, "compacted": compacted(all)} {
				topic := topic + "." + name + "." + kind
				createTopic(t, brokers, topic, 1, map[string]string{"cleanup.policy": "compact"})
				write(t, brokers, topic, list...)
				wantAnswers(t, name+" "+kind, want, answers(t, newRegistry(t, newStore(t, brokers, topic))))
			}
		}
	})
}

// A broker compacts what it likes to, and the answers stay: of records of others,
// and of ours, whose transactions it tidies up too.
func TestRealCompaction(t *testing.T) {
	t.Parallel()
	brokers, topic := testenv.Kafka(t), testenv.TopicPrefix(t)+"schemas"
	createTopic(t, brokers, topic, 1, map[string]string{
		"cleanup.policy": "compact", "segment.ms": "300", "min.cleanable.dirty.ratio": "0.001",
		"delete.retention.ms": "100", "max.compaction.lag.ms": "500",
	})
	write(t, brokers, topic, readGolden(t, confluent)...)
	reg := newRegistry(t, newStore(t, brokers, topic))
	register(t, reg, "ours", 1)
	register(t, reg, "ours-gone", 2)
	for _, permanent := range []bool{false, true} {
		if _, err := reg.DeleteSubject(t.Context(), registry.DeleteSubjectRequest{Subject: "ours-gone", Permanent: permanent}); err != nil {
			t.Fatal(err)
		}
	}
	want := append([]string{"ours 1 has id 103"}, goldenAnswers[confluent]...)
	for i, line := range want {
		want[i] = strings.ReplaceAll(line, `last id of "": 102`, `last id of "": 104`)
	}
	wantAnswers(t, "before", want, answers(t, reg))
	gone := func() bool {
		for _, r := range readTopic(t, brokers, topic) {
			if strings.Contains(string(r.Key), "ours-gone") && strings.Contains(string(r.Key), "SCHEMA") || strings.Contains(string(r.Key), `"purged-value","version"`) {
				return false
			}
		}
		return true
	}
	for giveUp := time.Now().Add(2 * time.Minute); !gone(); time.Sleep(300 * time.Millisecond) {
		if time.Now().After(giveUp) {
			t.Fatal("the broker has not compacted the topic")
		}
		if _, err := reg.SetConfig(t.Context(), "addr", registry.ConfigChange{Set: registry.Config{Level: registry.LevelFull}}); err != nil {
			t.Fatal(err) // a record, so that a new segment begins
		}
	}
	want = append(want, `config of "addr": FULL`)
	wantAnswers(t, "of the replica that was there", want, answers(t, reg))
	fresh := newRegistry(t, newStore(t, brokers, topic))
	wantAnswers(t, "of a new one", want, answers(t, fresh))
	if e := register(t, fresh, "ours-gone", 2); e.ID != 105 {
		t.Errorf("id %d for a schema that was removed, want 105", e.ID)
	}
	if n := len(readTopic(t, brokers, topic)); n > 60 {
		t.Errorf("%d records are left", n)
	}
	if _, err := kadm.NewClient(client(t, brokers)).DeleteTopics(t.Context(), topic); err != nil {
		t.Error(err)
	}
}

// call is one of those that led to a golden topic.
type call struct{ method, path, query, body string }

func readCalls(t *testing.T, name string) []call {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []call
	for line := range strings.Lines(string(text)) {
		asked, _, _ := strings.Cut(line, " -> ")
		words := strings.SplitN(strings.TrimSpace(asked), " ", 3)
		path, query, _ := strings.Cut(words[1], "?")
		c := call{method: words[0], path: path, query: query}
		if len(words) == 3 {
			c.body = strings.TrimSpace(words[2])
		}
		list = append(list, c)
	}
	return list
}

// make makes a call of a library.
func (c call) make(t *testing.T, reg *registry.Registry) error {
	t.Helper()
	var body struct {
		Schema             string
		SchemaType         registry.Type
		References         []registry.Reference
		Metadata           *registry.Metadata
		ID                 uint32
		Version            int
		Mode               registry.Mode
		Compatibility      registry.Level
		Normalize          *bool
		CompatibilityGroup string
		Alias              string
	}
	if c.body != "" {
		if err := json.Unmarshal([]byte(c.body), &body); err != nil {
			return err
		}
	}
	parts := strings.Split(strings.TrimPrefix(c.path, "/"), "/")
	name := ""
	if len(parts) > 1 {
		var err error
		if name, err = url.PathUnescape(parts[1]); err != nil {
			return err
		}
	}
	permanent := c.query == "permanent=true"
	var err error
	switch what := c.method + " " + parts[0] + fmt.Sprint(len(parts)); what {
	case "POST subjects3":
		_, err = reg.Register(t.Context(), registry.RegisterRequest{
			Subject: name, ID: body.ID, Version: body.Version,
			Schema: registry.Schema{Type: body.SchemaType, Text: body.Schema, References: body.References, Metadata: body.Metadata},
		})
	case "DELETE subjects2":
		_, err = reg.DeleteSubject(t.Context(), registry.DeleteSubjectRequest{Subject: name, Permanent: permanent})
	case "DELETE subjects4":
		n, bad := strconv.Atoi(parts[3])
		if bad != nil {
			return bad
		}
		_, err = reg.DeleteVersion(t.Context(), registry.DeleteVersionRequest{Subject: name, Version: n, Permanent: permanent})
	case "PUT config1", "PUT config2":
		_, err = reg.SetConfig(t.Context(), name, registry.ConfigChange{Set: registry.Config{
			Level: body.Compatibility, Normalize: body.Normalize, Group: body.CompatibilityGroup, Alias: body.Alias,
		}})
	case "DELETE config2":
		_, err = reg.DeleteConfig(t.Context(), name)
	case "PUT mode2":
		err = reg.SetMode(t.Context(), registry.SetModeRequest{Name: name, Mode: body.Mode})
	case "DELETE mode2":
		_, err = reg.DeleteMode(t.Context(), registry.DeleteModeRequest{Name: name})
	default:
		t.Fatalf("no such call: %s", what)
	}
	return err
}

// The calls that were made of the reference lead to the very bytes that it wrote.
func TestGoldenBytes(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		reg := newRegistry(t, newStore(t, brokers, topic))
		for _, c := range readCalls(t, confluent) {
			if err := c.make(t, reg); err != nil {
				t.Fatalf("%s %s: %v", c.method, c.path, err)
			}
		}
		lines := func(list []golden) []string {
			var lines []string
			for _, r := range list {
				switch {
				case strings.Contains(r.Key, `"NOOP"`):
				case r.Value == nil:
					lines = append(lines, r.Key+" has no value")
				default:
					lines = append(lines, r.Key+" is "+*r.Value)
				}
			}
			return lines
		}
		if diff := cmp.Diff(lines(readGolden(t, confluent)), lines(ours(t, brokers, topic))); diff != "" {
			t.Errorf("records (-reference +ours):\n%s", diff)
		}
	})
}

// ours are the records of a topic.
func ours(t *testing.T, brokers []string, topic string) []golden {
	t.Helper()
	var list []golden
	for _, r := range readTopic(t, brokers, topic) {
		one := golden{Key: string(r.Key)}
		if r.Value != nil {
			text := string(r.Value)
			one.Value = &text
		}
		list = append(list, one)
	}
	return list
}
