package topics

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Kind says what differs.
type Kind string

// What may differ between a declaration and a cluster.
const (
	Create      Kind = "create"             // the topic is missing
	Partitions  Kind = "partitions"         // it has another number of partitions
	Replication Kind = "replication-factor" // it has another number of replicas
	Setting     Kind = "setting"            // a setting has another value
	Undeclared  Kind = "undeclared"         // events go to a topic that nobody declares
)

// Action says what becomes of a difference.
type Action string

// What is done about a difference.
const (
	Do      Action = "apply"   // Apply does it
	Confirm Action = "confirm" // Apply does it when it is told to: partitions are added
	Refused Action = "refused" // it cannot be done: fewer partitions
	Declare Action = "declare" // a person has to declare the topic
	Told    Action = "told"    // it is only said: the replication factor
)

// Change is one difference.
type Change struct {
	Topic  string `json:"topic"`
	Kind   Kind   `json:"kind"`
	Action Action `json:"action"`
	// Key is the setting's name.
	Key string `json:"key,omitempty"`
	// From is what the cluster has, To what is declared; empty where there is none.
	From string `json:"from"`
	To   string `json:"to"`
	// Note says what a reader has to know before he goes on.
	Note string `json:"note,omitempty"`
}

// Plan is what differs, by topic in the order of the declaration.
type Plan struct {
	Topics  int      `json:"topics"` // how many are declared
	Changes []Change `json:"changes"`
}

// Open counts the differences that somebody has to see to: all but a replication
// factor.
func (p *Plan) Open() int {
	n := 0
	for _, c := range p.Changes {
		if c.Action != Told {
			n++
		}
	}
	return n
}

const (
	moves     = "keys move to other partitions, so the order of a key breaks where they do"
	neverLess = "partitions cannot be taken away: declare as many as there are, or make a new topic and move what reads it"
	byHand    = "brokers move replicas only by reassignment (kafka-reassign-partitions): it is not changed here"
)

// Compare reads the declared topics of a cluster and says what differs. events are
// the topics that event schemas name, with the deployment's prefix; those that
// are not declared are told. Names of list are taken as they are (WithPrefix).
func Compare(ctx context.Context, client *kgo.Client, list []Topic, events ...string) (*Plan, error) {
	if err := Validate(list); err != nil {
		return nil, err
	}
	have, err := read(ctx, kadm.NewClient(client), list)
	if err != nil {
		return nil, err
	}
	p := &Plan{Topics: len(list), Changes: []Change{}}
	declared := map[string]bool{}
	for _, t := range list {
		declared[t.Name] = true
		p.Changes = append(p.Changes, t.compare(have[t.Name])...)
	}
	for _, e := range slices.Sorted(slices.Values(events)) {
		if !declared[e] {
			declared[e] = true // tell it once
			p.Changes = append(p.Changes, Change{
				Topic: e, Kind: Undeclared, Action: Declare,
				Note: "event schemas name it, and it is not declared: add it to topics in schemactl.yaml, or to the project",
			})
		}
	}
	return p, nil
}

// existing is what a cluster has of a topic.
type existing struct {
	partitions, replicas int
	config               map[string]string
}

// read gets what there is of the declared topics; those that are missing are not in
// the map.
func read(ctx context.Context, admin *kadm.Client, list []Topic) (map[string]*existing, error) {
	have := map[string]*existing{}
	if len(list) == 0 {
		return have, nil
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Name
	}
	details, err := admin.ListTopics(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("read topics: %w", err)
	}
	var there []string
	for _, d := range details.Sorted() {
		switch {
		case errors.Is(d.Err, kerr.UnknownTopicOrPartition):
		case d.Err != nil:
			return nil, fmt.Errorf("read topic %s: %w", d.Topic, d.Err)
		default:
			there = append(there, d.Topic)
			have[d.Topic] = &existing{partitions: len(d.Partitions), replicas: d.Partitions.NumReplicas(), config: map[string]string{}}
		}
	}
	if len(there) == 0 {
		return have, nil
	}
	configs, err := admin.DescribeTopicConfigs(ctx, there...)
	if err != nil {
		return nil, fmt.Errorf("read settings of topics: %w", err)
	}
	for _, c := range configs {
		if errors.Is(c.Err, kerr.UnknownTopicOrPartition) {
			delete(have, c.Name) // made a moment ago, and this broker does not know yet
			continue
		}
		if c.Err != nil {
			return nil, fmt.Errorf("read settings of topic %s: %w", c.Name, c.Err)
		}
		for _, entry := range c.Configs {
			if entry.Value != nil {
				have[c.Name].config[entry.Key] = *entry.Value
			}
		}
	}
	return have, nil
}

func (t Topic) compare(have *existing) []Change {
	if have == nil {
		return []Change{{Topic: t.Name, Kind: Create, Action: Do, To: t.describe()}}
	}
	var found []Change
	if want := int(t.Partitions); want > 0 && want != have.partitions {
		c := Change{Topic: t.Name, Kind: Partitions, Action: Confirm, From: strconv.Itoa(have.partitions), To: strconv.Itoa(want), Note: moves}
		if want < have.partitions {
			c.Action, c.Note = Refused, neverLess
		}
		found = append(found, c)
	}
	if want := int(t.ReplicationFactor); want > 0 && want != have.replicas {
		found = append(found, Change{
			Topic: t.Name, Kind: Replication, Action: Told,
			From: strconv.Itoa(have.replicas), To: strconv.Itoa(want), Note: byHand,
		})
	}
	for _, key := range slices.Sorted(maps.Keys(t.Config)) {
		got, known := have.config[key]
		if known && same(t.Config[key], got) {
			continue
		}
		c := Change{Topic: t.Name, Kind: Setting, Action: Do, Key: key, From: got, To: t.Config[key]}
		if !known {
			c.Note = "the brokers show no setting of that name"
		}
		found = append(found, c)
	}
	return found
}

// describe says what a topic is made with.
func (t Topic) describe() string {
	var words []string
	if t.Partitions > 0 {
		words = append(words, fmt.Sprintf("%d partitions", t.Partitions))
	}
	if t.ReplicationFactor > 0 {
		words = append(words, fmt.Sprintf("replication factor %d", t.ReplicationFactor))
	}
	for _, key := range slices.Sorted(maps.Keys(t.Config)) {
		words = append(words, key+"="+t.Config[key])
	}
	if len(words) == 0 {
		return "the brokers' defaults"
	}
	return strings.Join(words, ", ")
}

// same compares two values of a setting: lists in any order, numbers by value.
func same(a, b string) bool {
	x, y := words(a), words(b)
	if slices.Equal(x, y) {
		return true
	}
	f, err := strconv.ParseFloat(a, 64)
	g, err2 := strconv.ParseFloat(b, 64)
	return err == nil && err2 == nil && f == g && strings.Contains(a+b, ".")
}

func words(list string) []string {
	out := strings.Split(list, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	slices.Sort(out)
	return out
}
