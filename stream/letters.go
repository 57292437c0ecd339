package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/stream/deadletter"
)

// maxLetter bounds a letter on the client's side; the topic's max.message.bytes
// bounds it on the brokers'.
const maxLetter = 64 << 20

// readTimeout bounds one look for a letter in its topic.
const readTimeout = 30 * time.Second

// letters is the consumer's connection to its dead letter topics: one client that
// writes letters and reads what the owned partitions get. It is safe for concurrent
// use.
type letters struct {
	c      *Consumer
	client *kgo.Client
	opts   []kgo.Opt
	done   chan struct{}

	changes atomic.Int32 // callers that want mu
	mu      sync.Mutex   // held while polling; guards lots
	lots    map[partition]*lot
	stop    atomic.Pointer[context.CancelFunc] // of the poll that is under way
}

// openLetters checks the topics and starts following, until life ends.
func (c *Consumer) openLetters(ctx, life context.Context) (*letters, error) {
	opts := append(ClientOptions(c.cfg.Brokers...), kgo.FetchMaxWait(250*time.Millisecond))
	opts = append(opts, c.opt.kafka...)
	l := &letters{c: c, opts: opts, done: make(chan struct{}), lots: map[partition]*lot{}}
	var err error
	l.client, err = kgo.NewClient(append(slices.Clone(opts),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(maxLetter))...)
	if err != nil {
		return nil, fmt.Errorf("consumer group %s, dead letters: %w", c.cfg.Group, err)
	}
	for topic := range c.routes {
		if err := deadletter.Ensure(ctx, kadm.NewClient(l.client), topic, c.cfg.Group, 1); err != nil && !errors.Is(err, deadletter.ErrNoSource) {
			l.client.Close()
			return nil, err
		}
	}
	go l.follow(life)
	return l, nil
}

// close waits for the end of follow, whose context has to be over.
func (l *letters) close() {
	<-l.done
	l.client.Close()
}

// follow hands what is read to the lots.
func (l *letters) follow(ctx context.Context) {
	defer close(l.done)
	for ctx.Err() == nil {
		l.mu.Lock()
		polling, cancel := context.WithCancel(ctx)
		l.stop.Store(&cancel)
		if l.changes.Load() > 0 {
			cancel()
		}
		fetches := l.client.PollRecords(polling, maxPoll)
		fetches.EachError(func(topic string, id int32, err error) {
			if !errors.Is(err, context.Canceled) {
				l.c.opt.logger.WarnContext(ctx, "fetching dead letters failed and is tried again", "topic", topic, "partition", id, "error", err)
			}
		})
		fetches.EachRecord(func(r *kgo.Record) {
			if lot := l.lots[partition{r.Topic, r.Partition}]; lot != nil {
				lot.see(r)
			}
		})
		cancel()
		l.mu.Unlock()
	}
}

// change runs fn between two polls, so that what was fetched for an earlier
// assignment of a partition never reaches a later one.
func (l *letters) change(fn func()) {
	l.changes.Add(1)
	defer l.changes.Add(-1)
	if cancel := l.stop.Load(); cancel != nil {
		(*cancel)()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fn()
}

func (l *letters) at(p partition) partition {
	return partition{deadletter.Topic(p.topic, l.c.cfg.Group), p.id}
}

// add reads a partition from its start for a lot.
func (l *letters) add(p partition, lot *lot) {
	dead := l.at(p)
	l.change(func() {
		l.lots[dead] = lot
		l.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{dead.topic: {dead.id: kgo.NewOffset().AtStart()}})
	})
}

func (l *letters) remove(p partition) {
	dead := l.at(p)
	l.change(func() {
		delete(l.lots, dead)
		l.client.RemoveConsumePartitions(map[string][]int32{dead.topic: {dead.id}})
	})
}

// write sends a record and waits until all in-sync replicas have it. The client
// tries again for as long as that can help.
func (l *letters) write(ctx context.Context, r *kgo.Record) (at int64, err error) {
	err = l.client.ProduceSync(ctx, r).FirstErr()
	if errors.Is(err, kerr.MessageTooLarge) {
		return -1, &deadletter.TopicError{Topic: r.Topic, Needs: fmt.Sprintf("a max.message.bytes of more than %d", len(r.Value)+headersSize(r)), Err: err}
	}
	if err != nil {
		l.client.ForceMetadataRefresh() // the topic may have got its partition just now
		return -1, fmt.Errorf("write to dead letter topic %s: %w", r.Topic, err)
	}
	return r.Offset, nil
}

func headersSize(r *kgo.Record) (n int) {
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}

// letterReader reads letters by position, in most cases one after another.
type letterReader struct {
	l      *letters
	p      partition // of the dead letter topic
	client *kgo.Client
	next   int64
	ready  []*kgo.Record
}

func (l *letters) reader(p partition) *letterReader { return &letterReader{l: l, p: l.at(p), next: -1} }

func (r *letterReader) close() {
	if r.client != nil {
		r.client.Close()
	}
}

// get returns the record at a position, nil when it is not there any more.
func (r *letterReader) get(ctx context.Context, at int64) (*kgo.Record, error) {
	if err := r.seek(at); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	for {
		for len(r.ready) > 0 {
			rec := r.ready[0]
			if rec.Offset > at {
				return nil, nil //nolint:nilnil // nothing there is no error
			}
			r.ready, r.next = r.ready[1:], rec.Offset+1
			if rec.Offset == at {
				return rec, nil
			}
		}
		fetches := r.client.PollRecords(ctx, maxPoll)
		if err := fetches.Err(); err != nil {
			r.next = -1 // begin anew
			return nil, fmt.Errorf("read dead letter topic %s partition %d from %d: %w", r.p.topic, r.p.id, at, err)
		}
		r.ready = fetches.Records()
	}
}

// seek makes the client go on at a position, unless it comes there anyway.
func (r *letterReader) seek(at int64) error {
	if r.next >= 0 && r.next <= at {
		return nil
	}
	r.close()
	var err error
	from := map[string]map[int32]kgo.Offset{r.p.topic: {r.p.id: kgo.NewOffset().At(at)}}
	r.client, err = kgo.NewClient(append(slices.Clone(r.l.opts), kgo.ConsumePartitions(from), kgo.FetchMaxPartitionBytes(1<<20))...)
	if err != nil {
		r.client = nil
		return fmt.Errorf("read dead letter topic %s: %w", r.p.topic, err)
	}
	r.next, r.ready = at, nil
	return nil
}

// refused tells what the brokers will not take from what passes.
func refused(err error) bool {
	ke, ok := errors.AsType[*kerr.Error](err)
	return ok && !ke.Retriable
}
