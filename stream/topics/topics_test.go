package topics_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
	"github.com/schemactl/schemactl/stream/topics"
)

// cluster is a client of a cluster and a prefix of the test's own.
type cluster struct {
	client *kgo.Client
	admin  *kadm.Client
	prefix string
}

// brokers runs a test against the broker in process and against a real one.
func brokers(t *testing.T, run func(t *testing.T, c *cluster)) {
	t.Helper()
	for name, addrs := range map[string]func(testing.TB) []string{"kfake": testenv.KFake, "kafka": testenv.Kafka} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, connect(t, addrs(t)))
		})
	}
}

func connect(t *testing.T, addrs []string) *cluster {
	t.Helper()
	client, err := kgo.NewClient(stream.ClientOptions(addrs...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &cluster{client, kadm.NewClient(client), testenv.TopicPrefix(t)}
}

func (c *cluster) plan(t *testing.T, list []topics.Topic, events ...string) *topics.Plan {
	t.Helper()
	p, err := topics.Compare(t.Context(), c.client, list, events...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (c *cluster) apply(t *testing.T, req topics.ApplyRequest) []topics.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	results, err := topics.Apply(ctx, c.client, req)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// made reads a topic as another tool would.
func (c *cluster) made(t *testing.T, name string) (partitions int, retention string) {
	t.Helper()
	details, err := c.admin.ListTopics(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	configs, err := c.admin.DescribeTopicConfigs(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range configs {
		for _, e := range r.Configs {
			if e.Key == "retention.ms" {
				retention = e.MaybeValue()
			}
		}
	}
	return len(details[name].Partitions), retention
}

func TestPlanAndApply(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, c *cluster) {
		declared := []topics.Topic{
			{Name: "orders", Partitions: 3, ReplicationFactor: 1, Config: map[string]string{"retention.ms": "3600000"}},
			{Name: "states", Partitions: 2, Config: map[string]string{"cleanup.policy": "compact"}},
			{Name: "plain"},
		}
		list := topics.WithPrefix(c.prefix, declared)
		p := c.plan(t, list, c.prefix+"orders", c.prefix+"payments")
		want := &topics.Plan{Topics: 3, Changes: []topics.Change{
			{Topic: c.prefix + "orders", Kind: topics.Create, Action: topics.Do, To: "3 partitions, replication factor 1, retention.ms=3600000"},
			{Topic: c.prefix + "states", Kind: topics.Create, Action: topics.Do, To: "2 partitions, cleanup.policy=compact"},
			{Topic: c.prefix + "plain", Kind: topics.Create, Action: topics.Do, To: "the brokers' defaults"},
			{Topic: c.prefix + "payments", Kind: topics.Undeclared, Action: topics.Declare},
		}}
		if diff := cmp.Diff(want, p, cmpopts.IgnoreFields(topics.Change{}, "Note")); diff != "" {
			t.Errorf("first plan (-want +got):\n%s", diff)
		}
		for _, r := range c.apply(t, topics.ApplyRequest{Topics: list}) {
			if r.Outcome != topics.Done || r.Err != nil {
				t.Errorf("%s %s: %s, %v", r.Topic, r.Kind, r.Outcome, r.Err)
			}
		}
		if n, retention := c.made(t, c.prefix+"orders"); n != 3 || retention != "3600000" {
			t.Errorf("orders has %d partitions, retention %s", n, retention)
		}
		if p := c.plan(t, list); len(p.Changes) != 0 {
			t.Errorf("after apply the plan has %+v", p.Changes)
		}
		if again := c.apply(t, topics.ApplyRequest{Topics: list}); len(again) != 0 {
			t.Errorf("applied again: %+v", again)
		}
	})
}

func TestChanges(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, c *cluster) {
		topic := topics.Topic{Name: c.prefix + "a", Partitions: 2, ReplicationFactor: 1, Config: map[string]string{"retention.ms": "3600000", "cleanup.policy": "delete"}}
		c.apply(t, topics.ApplyRequest{Topics: []topics.Topic{topic}})

		topic.Partitions, topic.ReplicationFactor = 4, 3
		topic.Config = map[string]string{"retention.ms": "7200000", "cleanup.policy": " delete"}
		list := []topics.Topic{topic}
		want := []topics.Change{
			{Topic: topic.Name, Kind: topics.Partitions, Action: topics.Confirm, From: "2", To: "4"},
			{Topic: topic.Name, Kind: topics.Replication, Action: topics.Told, From: "1", To: "3"},
			{Topic: topic.Name, Kind: topics.Setting, Action: topics.Do, Key: "retention.ms", From: "3600000", To: "7200000"},
		}
		p := c.plan(t, list)
		if diff := cmp.Diff(want, p.Changes, cmpopts.IgnoreFields(topics.Change{}, "Note")); diff != "" {
			t.Errorf("plan (-want +got):\n%s", diff)
		}
		if p.Open() != 2 {
			t.Errorf("%d open, want 2", p.Open())
		}
		outcomes := func(results []topics.Result) (all []string) {
			for _, r := range results {
				all = append(all, fmt.Sprintf("%s %s", r.Kind, r.Outcome))
			}
			return all
		}
		got := outcomes(c.apply(t, topics.ApplyRequest{Topics: list}))
		if diff := cmp.Diff([]string{"setting done", "partitions held-back", "replication-factor left"}, got); diff != "" {
			t.Errorf("without AddPartitions (-want +got):\n%s", diff)
		}
		if n, retention := c.made(t, topic.Name); n != 2 || retention != "7200000" {
			t.Errorf("%d partitions, retention %s: want 2 and 7200000", n, retention)
		}
		got = outcomes(c.apply(t, topics.ApplyRequest{Topics: list, AddPartitions: true}))
		if diff := cmp.Diff([]string{"partitions done", "replication-factor left"}, got); diff != "" {
			t.Errorf("with AddPartitions (-want +got):\n%s", diff)
		}
		if n, _ := c.made(t, topic.Name); n != 4 {
			t.Errorf("%d partitions, want 4", n)
		}

		list[0].Partitions = 1
		results := c.apply(t, topics.ApplyRequest{Topics: list, AddPartitions: true})
		if got := results[0]; got.Kind != topics.Partitions || got.Action != topics.Refused || got.Outcome != topics.Left || got.Note == "" {
			t.Errorf("fewer partitions: %+v", got)
		}
		if n, _ := c.made(t, topic.Name); n != 4 {
			t.Errorf("%d partitions after a refusal, want 4", n)
		}
	})
}

// TestApplyAtOnce: whoever comes first makes the topics, nobody fails.
func TestApplyAtOnce(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, c *cluster) {
		var list []topics.Topic
		for i := range 5 {
			list = append(list, topics.Topic{Name: fmt.Sprintf("%st%d", c.prefix, i), Partitions: 2, Config: map[string]string{"retention.ms": "60000"}})
		}
		rounds := func(req topics.ApplyRequest) {
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					results, err := topics.Apply(t.Context(), c.client, req)
					if err != nil {
						t.Error(err)
					}
					for _, r := range results {
						if r.Outcome != topics.Done {
							t.Errorf("%s %s: %s %v", r.Topic, r.Kind, r.Outcome, r.Err)
						}
					}
				})
			}
			wg.Wait()
		}
		rounds(topics.ApplyRequest{Topics: list})
		for i := range list {
			list[i].Partitions, list[i].Config = 5, map[string]string{"retention.ms": "90000"}
		}
		rounds(topics.ApplyRequest{Topics: list, AddPartitions: true})
		for _, topic := range list {
			if n, retention := c.made(t, topic.Name); n != 5 || retention != "90000" {
				t.Errorf("%s: %d partitions, retention %s", topic.Name, n, retention)
			}
		}
	})
}

// TestFailuresPerTopic: what the brokers refuse is told by topic, and the rest is
// done.
func TestFailuresPerTopic(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, c *cluster) {
		list := []topics.Topic{
			{Name: c.prefix + "many", ReplicationFactor: 9},
			{Name: c.prefix + "odd", Config: map[string]string{"no.such.setting": "1"}},
			{Name: c.prefix + "good", Partitions: 1},
		}
		got := map[string]topics.Result{}
		for _, r := range c.apply(t, topics.ApplyRequest{Topics: list}) {
			got[strings.TrimPrefix(r.Topic, c.prefix)] = r
		}
		want := map[string]string{"many": "REPLICATION", "odd": "INVALID"}
		if strings.HasSuffix(t.Name(), "kfake") {
			delete(want, "odd") // it takes any setting of a new topic
		}
		for name, word := range want {
			if r := got[name]; r.Outcome != topics.Failed || r.Err == nil || !strings.Contains(r.Err.Error(), word) {
				t.Errorf("%s: %s, %v: want a failure with %s", name, r.Outcome, r.Err, word)
			}
		}
		if r := got["good"]; r.Outcome != topics.Done {
			t.Errorf("good: %s, %v", r.Outcome, r.Err)
		}
	})
}

// TestQuickerOne: a topic is made by another between the look and the try.
func TestQuickerOne(t *testing.T) {
	t.Parallel()
	fake, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	c := connect(t, fake.ListenAddrs())
	made := false
	fake.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
		if made {
			return nil, nil, false
		}
		made = true // another process is a moment quicker
		go func() { _ = fake.CreateTopic(c.prefix+"a", 2, nil) }()
		fake.SleepControl(func() {
			for fake.TopicInfo(c.prefix+"a") == nil {
				time.Sleep(time.Millisecond)
			}
		})
		return nil, nil, false
	})
	results := c.apply(t, topics.ApplyRequest{Topics: []topics.Topic{{Name: c.prefix + "a", Partitions: 2}}})
	if len(results) != 1 || results[0].Outcome != topics.Done || results[0].Err != nil {
		t.Errorf("results %+v, want one that is done", results)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]topics.Topic{
		"no name":          {{}},
		"bad name":         {{Name: "a b"}},
		"dots":             {{Name: ".."}},
		"long name":        {{Name: strings.Repeat("x", 250)}},
		"twice":            {{Name: "a"}, {Name: "a"}},
		"partitions":       {{Name: "a", Partitions: -1}},
		"many partitions":  {{Name: "a", Partitions: topics.MaxPartitions + 1}},
		"replicas":         {{Name: "a", ReplicationFactor: -1}},
		"nameless setting": {{Name: "a", Config: map[string]string{"": "x"}}},
	} {
		if err := topics.Validate(list); err == nil {
			t.Errorf("%s: taken", name)
		} else if !strings.Contains(err.Error(), "topic ") {
			t.Errorf("%s: %v does not name the topic", name, err)
		}
	}
	if err := topics.Validate([]topics.Topic{{Name: "a.b-c_D9", Partitions: 1}, {Name: "b"}}); err != nil {
		t.Error(err)
	}
}
