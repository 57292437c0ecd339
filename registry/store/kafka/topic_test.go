package kafkastore_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	kafkastore "github.com/schemactl/schemactl/registry/store/kafka"
)

func client(t *testing.T, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(brokers...), kgo.MetadataMinAge(100 * time.Millisecond)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// readTopic is what a reader of committed records sees.
func readTopic(t *testing.T, brokers []string, topic string) []*kgo.Record {
	t.Helper()
	cl := client(t, brokers, kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	ends, err := kadm.NewClient(cl).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	end, ok := ends.Lookup(topic, 0)
	if !ok || end.Err != nil {
		t.Fatalf("end of the topic: %v", end.Err)
	}
	var list []*kgo.Record
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for at := int64(0); at < end.Offset; {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if at = r.Offset + 1; !r.Attrs.IsControl() {
				list = append(list, r)
			}
		})
	}
	return list
}

// golden is a record of a topic that another registry wrote.
type golden struct {
	Key   string
	Value *string
}

func readGolden(t *testing.T, name string) []golden {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var list []golden
	for line := range strings.Lines(string(text)) {
		var r golden
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// compacted is what a broker leaves of records: of each key's bytes the last.
func compacted(list []golden) []golden {
	last := map[string]int{}
	for i, r := range list {
		last[r.Key] = i
	}
	var rest []golden
	for i, r := range list {
		if last[r.Key] == i && r.Value != nil {
			rest = append(rest, r)
		}
	}
	return rest
}

func createTopic(t *testing.T, brokers []string, topic string, partitions int32, settings map[string]string) {
	t.Helper()
	configs := map[string]*string{}
	for name, value := range settings {
		configs[name] = &value
	}
	if _, err := kadm.NewClient(client(t, brokers)).CreateTopic(t.Context(), partitions, 1, configs, topic); err != nil {
		t.Fatal(err)
	}
}

// write appends records as another registry does: without a transaction.
func write(t *testing.T, brokers []string, topic string, list ...golden) {
	t.Helper()
	var records []*kgo.Record
	for _, r := range list {
		one := &kgo.Record{Topic: topic, Key: []byte(r.Key)}
		if r.Value != nil {
			one.Value = []byte(*r.Value)
		}
		records = append(records, one)
	}
	cl := client(t, brokers, kgo.UnknownTopicRetries(20), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func TestTopicThatWouldLoseSchemas(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		for _, tt := range []struct {
			name, want string
			partitions int32
			settings   map[string]string
		}{
			{"partitions", "it has 2 partitions", 2, map[string]string{"cleanup.policy": "compact"}},
			{"deletes", `its cleanup.policy is "delete"`, 1, nil},
			{"deletes-too", `its cleanup.policy is "compact,delete"`, 1, map[string]string{"cleanup.policy": "compact,delete"}},
		} {
			name := topic + "." + tt.name
			createTopic(t, brokers, name, tt.partitions, tt.settings)
			s, err := kafkastore.New(t.Context(), brokers, name)
			if err == nil {
				_ = s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error is %v, want one that says %q", tt.name, err, tt.want)
			}
		}
	})
}

func TestNewTopic(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		register(t, newRegistry(t, newStore(t, brokers, topic)), "a", 1)
		adm := kadm.NewClient(client(t, brokers))
		found, err := adm.ListTopics(t.Context(), topic)
		if err != nil || len(found[topic].Partitions) != 1 {
			t.Errorf("partitions %v, %v", found[topic].Partitions, err)
		}
		configs, err := adm.DescribeTopicConfigs(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range configs[0].Configs {
			if c.Key == "cleanup.policy" && c.MaybeValue() != "compact" {
				t.Errorf("cleanup.policy %s", c.MaybeValue())
			}
		}
		// It is there by now.
		if e := register(t, newRegistry(t, newStore(t, brokers, topic)), "a", 1); e.ID != 1 {
			t.Errorf("id %d after a restart, want 1", e.ID)
		}
	})
}
