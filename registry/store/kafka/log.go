package kafkastore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

const (
	// answerWithin bounds an append.
	answerWithin = 5 * time.Second
	// letFinish is how long another writer may take for a transaction before it is
	// taken for dead and fenced.
	letFinish = 100 * time.Millisecond
	// pauses between writers that fence each other grow from the first to the last.
	firstPause, lastPause = 5 * time.Millisecond, 160 * time.Millisecond
	// shortPause is between two questions whose answer is due any moment.
	shortPause = time.Millisecond
	// longPause is between two questions for a leader.
	longPause = 20 * time.Millisecond
	// leastAway is for how long a reader may be away in any case.
	leastAway = time.Minute
)

// topicLog is the log: the committed records of a topic in the order of their
// offsets. But for Ping it is used by one goroutine.
type topicLog struct {
	cl           *kgo.Client
	decompressor kgo.Decompressor
	compressor   kgo.Compressor
	topic        string
	writerID     string
	logger       *slog.Logger
	// limits are those of the topic; a reader that was away for longer than tombstones
	// stay may have missed some.
	limits     limits
	limitsRead time.Time // when they were last asked for

	leader int32     // the broker that leads the partition; -1 while not known
	at     int64     // the offset up to which records were handed over
	high   int64     // the end, as the last answer of the broker had it
	read   time.Time // when the end was last reached
	writer *writer   // nil unless we were the last to take the topic over
	open   *pending  // an append of ours of which it is not known whether it was committed

	stuckAt    int64 // where reading does not go on though there is more
	stuckSince time.Time

	keys *spellings
	ids  lastIDs
}

var _ replica.Log = (*topicLog)(nil)

func newLog(cl *kgo.Client, topic string, o options) *topicLog {
	l := &topicLog{
		cl: cl, topic: topic, writerID: o.writerID, logger: o.logger, leader: -1,
		decompressor: kgo.DefaultDecompressor(),
	}
	l.compressor, _ = kgo.DefaultCompressor(kgo.GzipCompression()) // fails for no codec at all
	l.restart()
	return l
}

// restart forgets what was read.
func (l *topicLog) restart() {
	l.at, l.keys, l.ids = 0, newSpellings(), lastIDs{given: map[string]uint32{}}
}

// Read implements replica.Log.
func (l *topicLog) Read(ctx context.Context, apply func([]record.Record)) error {
	if l.missed() {
		return replica.ErrRestart
	}
	if l.at > 0 {
		if err := l.catchUp(ctx, apply); err != nil {
			return err
		}
		l.readLimits(ctx, limitsEvery)
		return l.free(ctx, apply)
	}
	err := l.readBeside(ctx, apply)
	if err != nil {
		l.restart()
	}
	return err
}

// Sync implements replica.Log. The leader's answer is enough to know that there is
// nothing new: a new leader gives none before it knows all that was committed.
func (l *topicLog) Sync(ctx context.Context, apply func([]record.Record)) error {
	if l.at == 0 || l.missed() {
		return replica.ErrRestart
	}
	stable, err := l.stable(ctx)
	for err == nil && l.at < stable {
		if err = l.catchUp(ctx, apply); err == nil && l.at < stable {
			err = sleep(ctx, shortPause)
		}
	}
	return err
}

// free takes the topic over when its end has been out of sight for long: readers
// wait for a transaction that nobody goes on with.
func (l *topicLog) free(ctx context.Context, apply func([]record.Record)) error {
	if l.at >= l.high || l.at != l.stuckAt {
		l.stuckAt, l.stuckSince = l.at, time.Now()
		return nil
	}
	if time.Since(l.stuckSince) < settleWithin {
		return nil
	}
	return l.takeOver(ctx, apply)
}

// missed tells whether tombstones may have been cleaned away before they were read.
func (l *topicLog) missed() bool {
	if l.at == 0 || time.Now().Round(0).Sub(l.read.Round(0)) < max(l.limits.keepsGone/2, leastAway) {
		return false
	}
	l.restart()
	return true
}

// catchUp reads what is committed now.
func (l *topicLog) catchUp(ctx context.Context, apply func([]record.Record)) error {
	got, err := l.fetch(ctx)
	for err == nil {
		if got.next >= got.stable {
			l.take(got, apply)
			return nil
		}
		if got.next == l.at { // there is more, and the broker had none of it at hand
			if err = sleep(ctx, shortPause); err == nil {
				got, err = l.fetch(ctx)
			}
			continue
		}
		got, err = l.takeAndFetch(ctx, got, apply)
	}
	return err
}

// Append implements replica.Log. A try begins with all that was committed before;
// when what it writes does not land right behind that, it is given up before it is
// committed, and another one begins. An append that was answered was committed.
func (l *topicLog) Append(ctx context.Context, apply func([]record.Record), change func() []record.Record) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	l.open = nil
	if l.missed() {
		return replica.ErrRestart
	}
	pause := firstPause
	for {
		done, err := l.try(ctx, apply, change)
		if err != nil {
			l.writer, l.leader = nil, -1
		}
		if tooLarge(err) {
			l.readLimits(ctx, 0) // they may have been lowered
			return fmt.Errorf("%w: %w: %w", replica.ErrRefused, &registry.SizeError{What: "what is to be written"}, err)
		}
		if done || errors.Is(err, replica.ErrRestart) || hopeless(err) {
			return err
		}
		if err != nil {
			l.logger.DebugContext(ctx, "an append to a registry's topic is tried again", "topic", l.topic, "error", err)
		}
		select {
		case <-ctx.Done():
			if err == nil {
				err = ctx.Err()
			}
			return fmt.Errorf("append to topic %q within %v: %w", l.topic, answerWithin, err)
		case <-time.After(rand.N(pause)):
			pause = min(2*pause, lastPause)
		}
	}
}

// try is one try of an append; done tells that there need not be another one.
func (l *topicLog) try(ctx context.Context, apply func([]record.Record), change func() []record.Record) (done bool, err error) {
	if l.writer == nil {
		if err := l.readBeside(ctx, apply); err != nil {
			return false, err
		}
		if open := l.open; open != nil {
			l.open = nil // all that was written by then is decided now
			if open.found {
				return true, nil
			}
		}
	}
	list := change()
	if len(list) == 0 {
		return l.unchanged(ctx)
	}
	if l.writer == nil {
		before := l.at
		if err := l.takeOver(ctx, apply); err != nil {
			return false, err
		}
		if l.at != before {
			if list = change(); len(list) == 0 {
				return true, nil
			}
		}
	}
	return l.write(ctx, list, apply)
}

// unchanged makes sure that a change that has nothing to write knew all that was
// committed when it began.
func (l *topicLog) unchanged(ctx context.Context) (bool, error) {
	if l.writer == nil {
		return true, nil // read a moment ago
	}
	end, err := l.end(ctx)
	if err != nil {
		return false, err
	}
	if end > l.expected() { // it is less until our last transaction is marked as committed
		return false, errOvertaken
	}
	return true, nil
}

var errOvertaken = errors.New("others have written to the topic")

// readBeside reads to the end while somebody else may be writing. It leaves the
// rest to takeOver when a transaction stays open for too long.
func (l *topicLog) readBeside(ctx context.Context, apply func([]record.Record)) error {
	end, err := l.end(ctx)
	if err != nil {
		return err
	}
	for patience := time.Now().Add(letFinish); time.Now().Before(patience); {
		if err := l.catchUp(ctx, apply); err != nil {
			return err
		}
		if l.at >= end {
			return nil
		}
		if err := sleep(ctx, shortPause); err != nil {
			return err
		}
	}
	return l.takeOver(ctx, apply)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Ping implements replica.Log: it asks the partition's leader for its end.
func (l *topicLog) Ping(ctx context.Context) error {
	_, err := l.end(ctx)
	return err
}

// Close implements replica.Log.
func (l *topicLog) Close() error {
	l.cl.Close()
	return nil
}

// lastIDs are the highest ids that were ever seen, by context. The topic forgets
// them with the schemas that had them; a Noop's value keeps them.
type lastIDs struct {
	given map[string]uint32
	// stale tells that the topic may not show one of them any more.
	stale bool
}

func (i *lastIDs) note(r record.Record) {
	switch {
	case r.Kind == record.Schema && r.Gone:
		i.stale = len(i.given) > 0
	case r.Kind == record.Schema:
		name, _ := registry.ContextOf(r.Subject)
		i.given[name] = max(i.given[name], r.ID)
	case r.Kind == record.Noop:
		i.stale = len(r.LastIDs) == 0 && len(i.given) > 0
		for name, id := range r.LastIDs {
			i.given[name] = max(i.given[name], id)
		}
	}
}

// record is what keeps them; ok is false when there is no need for it.
func (i *lastIDs) record() (r record.Record, ok bool) {
	if !i.stale {
		return record.Record{}, false
	}
	return record.Record{Kind: record.Noop, LastIDs: maps.Clone(i.given), Time: time.Now()}, true
}
