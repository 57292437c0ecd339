package deadletter

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// stall is how long reading may go without a record before it gives up.
const stall = 15 * time.Second

var (
	// ErrNoTopic says that a group has no dead letter topic for a source topic.
	ErrNoTopic = errors.New("no dead letter topic")
	// ErrNoLetter says that a letter does not exist, or not any more.
	ErrNoLetter = errors.New("no such letter")
)

// Box is the letters of a group's source topic, for people and tools. It is safe
// for concurrent use, and any number of them may look at a running group.
type Box struct {
	opts   []kgo.Opt
	source string
	group  string
}

// Open gives the box of a source topic and a group. opts are those of a client,
// best stream.ClientOptions. It does not connect.
func Open(source, group string, opts ...kgo.Opt) *Box {
	return &Box{opts: opts, source: source, group: group}
}

// Topic is the dead letter topic's name.
func (b *Box) Topic() string { return Topic(b.source, b.group) }

// Filter says which letters are wanted; the zero value means all.
type Filter struct {
	ID  *ID
	Key []byte // nil: any
	// Values says that Letter.Value is wanted too; else it is nil, so that memory
	// holds headers and keys alone.
	Values bool
}

func (f *Filter) matches(l *Letter) bool {
	return (f.ID == nil || *f.ID == l.ID) && (f.Key == nil || (l.Key != nil && bytes.Equal(f.Key, l.Key)))
}

// List returns the letters that are open now, by partition and offset of their
// records. It reads the whole topic.
func (b *Box) List(ctx context.Context, f Filter) ([]Letter, error) {
	open := map[ID]*Letter{}
	err := b.read(ctx, func(e Entry) {
		switch {
		case e.Resolved != nil:
			delete(open, *e.Resolved)
		case e.Letter != nil && f.matches(e.Letter):
			if !f.Values {
				e.Letter.Value = nil
			}
			open[e.Letter.ID] = e.Letter
		}
	})
	if err != nil {
		return nil, err
	}
	all := make([]Letter, 0, len(open))
	for _, l := range open {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(x, y Letter) int {
		return cmp.Or(cmp.Compare(x.ID.Partition, y.ID.Partition), cmp.Compare(x.ID.Offset, y.ID.Offset))
	})
	return all, nil
}

// Get returns one open letter, ErrNoLetter when there is none of that id.
func (b *Box) Get(ctx context.Context, id ID) (Letter, error) {
	all, err := b.List(ctx, Filter{ID: &id, Values: true})
	switch {
	case err != nil:
		return Letter{}, err
	case len(all) == 0:
		return Letter{}, fmt.Errorf("%w: %s in %s", ErrNoLetter, id, b.Topic())
	}
	return all[0], nil
}

// Requests are what Replay asks for the given letters: one per key, at its first
// letter, and one per letter without a key.
func Requests(letters []Letter) []Request {
	first := map[string]int{}
	requests := []Request{}
	for i := range letters {
		l := &letters[i]
		if l.Key == nil {
			requests = append(requests, Request{ID: l.ID})
			continue
		}
		key := fmt.Sprintf("%d/%s", l.ID.Partition, l.Key)
		at, known := first[key]
		switch {
		case !known:
			first[key] = len(requests)
			requests = append(requests, Request{ID: l.ID, Key: l.Key, Keyed: true})
		case l.ID.Offset < requests[at].ID.Offset:
			requests[at].ID = l.ID
		}
	}
	return requests
}

// Replay asks the owners of the partitions to handle letters again: for a letter
// with a key all open letters of the key, from its first on. A consumer of the
// group does so when it runs, now or later. It returns once the requests are
// acknowledged.
func (b *Box) Replay(ctx context.Context, requests []Request) error {
	records := make([]*kgo.Record, len(requests))
	for i := range requests {
		records[i] = requests[i].Record(b.Topic())
	}
	return b.write(ctx, records)
}

// Pending returns the requests that no owner has answered yet.
func (b *Box) Pending(ctx context.Context) ([]Request, error) {
	open := map[ID]Request{}
	err := b.read(ctx, func(e Entry) {
		switch {
		case e.Replay != nil:
			open[e.Replay.ID] = *e.Replay
		case e.Answered != nil:
			delete(open, e.Answered.ID)
		}
	})
	all := make([]Request, 0, len(open))
	for _, q := range open {
		all = append(all, q)
	}
	return all, err
}

// Discard resolves letters for good, without handling them. What waits behind one
// stays a letter until it is replayed or discarded, too. One that is being replayed
// at this moment may fail and be there again.
func (b *Box) Discard(ctx context.Context, letters []Letter) error {
	records := make([]*kgo.Record, len(letters))
	for i := range letters {
		records[i] = ResolvedRecord(b.Topic(), letters[i].ID, "")
	}
	return b.write(ctx, records)
}

func (b *Box) write(ctx context.Context, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	client, err := kgo.NewClient(append(slices.Clone(b.opts), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		return fmt.Errorf("dead letter topic %s: %w", b.Topic(), err)
	}
	defer client.Close()
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("write to dead letter topic %s: %w", b.Topic(), err)
	}
	return nil
}

// read shows all that is in the topic now, in the order of each partition.
func (b *Box) read(ctx context.Context, visit func(Entry)) error {
	client, err := kgo.NewClient(b.opts...)
	if err != nil {
		return fmt.Errorf("dead letter topic %s: %w", b.Topic(), err)
	}
	defer client.Close()
	left, err := b.bounds(ctx, kadm.NewClient(client))
	if err != nil {
		return err
	}
	from := map[int32]kgo.Offset{}
	for p := range left {
		from[p] = kgo.NewOffset().AtStart()
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{b.Topic(): from})
	for len(left) > 0 {
		polling, cancel := context.WithTimeout(ctx, stall)
		fetches := client.PollFetches(polling)
		cancel()
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("read dead letter topic %s: %w", b.Topic(), err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			end, wanted := left[r.Partition]
			if e, ok := Parse(r); ok && wanted && r.Offset < end {
				visit(e)
			}
			if r.Offset >= end-1 {
				delete(left, r.Partition)
			}
		})
	}
	return nil
}

// bounds gives the ends of the partitions that hold anything.
func (b *Box) bounds(ctx context.Context, adm *kadm.Client) (map[int32]int64, error) {
	starts, err := adm.ListStartOffsets(ctx, b.Topic())
	if err != nil {
		return nil, fmt.Errorf("dead letter topic %s: %w", b.Topic(), err)
	}
	ends, err := adm.ListEndOffsets(ctx, b.Topic())
	if err != nil {
		return nil, fmt.Errorf("dead letter topic %s: %w", b.Topic(), err)
	}
	left := map[int32]int64{}
	var failed error
	ends.Each(func(o kadm.ListedOffset) {
		start, _ := starts.Lookup(o.Topic, o.Partition)
		switch {
		case o.Err != nil:
			failed = o.Err
		case o.Offset > start.Offset:
			left[o.Partition] = o.Offset
		}
	})
	if errors.Is(failed, kerr.UnknownTopicOrPartition) {
		return nil, fmt.Errorf("%w %s: does group %s consume %s with dead letters?", ErrNoTopic, b.Topic(), b.group, b.source)
	}
	if failed != nil {
		return nil, fmt.Errorf("dead letter topic %s: %w", b.Topic(), failed)
	}
	return left, nil
}
