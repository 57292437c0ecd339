package kafkastore

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// Store is a registry.Store over a topic. It is safe for concurrent use, and any
// number of stores, in any number of processes, may share the topic.
type Store struct{ *replica.Store }

var _ registry.Store = (*Store)(nil)

// New makes the topic if it is missing, refuses one that would lose records, reads
// it to its end, and answers a store, which has to be closed. ctx bounds the start
// alone.
func New(ctx context.Context, brokers []string, topic string, opts ...Option) (*Store, error) {
	o := options{logger: slog.New(slog.DiscardHandler), copies: 3, writerID: "schemactl-registry:" + topic}
	for _, opt := range opts {
		if err := opt.apply(&o); err != nil {
			return nil, fmt.Errorf("kafka store: %w", err)
		}
	}
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(brokers...), kgo.ClientID("schemactl-registry"),
		kgo.RetryTimeout(answerWithin), kgo.RequestTimeoutOverhead(answerWithin),
	}, append(o.client, kgo.MaxVersions(versions()))...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka store: %w", err)
	}
	found, err := prepare(ctx, client, topic, o)
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("kafka store: topic %q: %w", topic, err)
	}
	l := newLog(client, topic, o)
	l.limits, l.limitsRead = found, time.Now()
	s, err := replica.Open(ctx, l, replica.Options{Same: same, Logger: o.logger})
	if err != nil {
		return nil, fmt.Errorf("kafka store: topic %q: %w", topic, err)
	}
	return &Store{s}, nil
}

// versions bounds the requests that this package makes itself to those that name
// topics and whose transactions have one epoch until their writer is replaced.
func versions() *kversion.Versions {
	v := kversion.Stable()
	for key, most := range map[int16]int16{keyProduce: 11, keyFetch: 12, keyAddPartitions: 3, keyEndTxn: 4} {
		v.SetMaxKeyVersion(key, most)
	}
	return v
}

// same holds for two spellings of one schema: some writers sort the members of a
// text that they write again under its id.
func same(a, b registry.Schema) bool {
	rest := func(s registry.Schema) registry.Hash {
		s.Text = ""
		return registry.ContentHash(s)
	}
	if a.Type != b.Type || rest(a) != rest(b) {
		return false
	}
	if avsc.SortedJSON(a.Text) == avsc.SortedJSON(b.Text) {
		return true
	}
	if a.Type != registry.Avro {
		return false
	}
	one, err := avsc.Parse(a.Text)
	if err != nil { // it may need its references, which are not at hand
		return false
	}
	other, err := avsc.Parse(b.Text)
	return err == nil && one.Comparable() == other.Comparable()
}
