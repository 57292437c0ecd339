package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/schemactl/schemactl/database"
)

// Scopes of parked events: for the sake of which one others wait behind it.
const (
	ScopeKey   = "key"   // events of the same topic and key wait
	ScopeTopic = "topic" // all events of the topic wait
	ScopeWaits = "waits" // it waits itself
)

const (
	// parkedEvery is how often the relay looks at what was said by hand.
	parkedEvery = time.Second
	// parkedShare bounds the time that this takes, to one part in so many.
	parkedShare = 20
	// parkedMost bounds the keys that a relay knows as parked. With more of them it
	// stops: events might overtake parked ones.
	parkedMost = 100_000
	// pruneEvery is how often the relay looks for parked events that are too old.
	pruneEvery = time.Minute
	// reasonMost is how much of a reason is kept, in characters.
	reasonMost = 500
)

// Parking says what is to be moved from outbox_events to outbox_parked.
type Parking struct {
	IDs      []int64
	Scope    string
	Reason   string // empty for those that wait
	Attempts int
	Retry    bool // they are to be relayed with those before them
}

// ParkedKey is a key of a topic, or a whole topic, that has parked events.
type ParkedKey struct {
	Topic string
	Key   []byte
	Whole bool // all events of the topic wait
	Retry bool // it is to be relayed again
}

// ParkedKeys is what a relay has to know of what is parked.
type ParkedKeys struct {
	Keys  []ParkedKey // whole topics, and the keys of others
	Again bool        // some of its events are to be relayed again
}

// ParkedRow is a parked event. One without an event is a mark that was made by
// hand: Row has a topic, a key and an id below 0 only.
type ParkedRow struct {
	Row
	Mark     bool
	Scope    string
	Reason   string
	Attempts int
}

// parkedKeys are those that a relay knows of.
type parkedKeys struct {
	topics, keys map[string]bool // by topic; by topic and key: whether to be retried
	retry        bool            // some of them are
	next         time.Time       // when to read them again
	prune        time.Time       // when to look for old ones again
	alone        bool            // what is retried goes one at a time
}

func keyed(topic string, key []byte) string { return topic + "\x00" + string(key) }

// has reports whether an event has to wait, and whether what it waits for is to be
// relayed again. Events without a key wait for their topic only.
func (p *parkedKeys) has(r *Row) (waits, retry bool) {
	if retry, waits = p.topics[r.Topic]; waits {
		return true, retry
	}
	if len(r.Key) == 0 {
		return false, false
	}
	retry, waits = p.keys[keyed(r.Topic, r.Key)]
	return waits, retry
}

func (t *term) loadParked(work context.Context) error {
	start := time.Now()
	found, err := t.r.queue.Parked(work, parkedMost)
	if err != nil {
		return err
	}
	p := &t.parked
	p.topics, p.keys, p.retry = map[string]bool{}, map[string]bool{}, found.Again
	for _, k := range found.Keys {
		if k.Whole {
			p.topics[k.Topic] = k.Retry
		} else {
			p.keys[keyed(k.Topic, k.Key)] = k.Retry
		}
	}
	t.r.stats.parked.Store(int64(len(found.Keys)))
	now := time.Now()
	p.next = now.Add(max(parkedEvery, parkedShare*now.Sub(start)))
	return nil
}

// withoutParked moves rows that have to wait out of the way, and gives the others.
func (t *term) withoutParked(work context.Context, rows []Row) ([]Row, error) {
	if len(t.parked.topics)+len(t.parked.keys) == 0 {
		return rows, nil
	}
	var others []Row
	move := map[bool][]int64{}
	for i := range rows {
		if waits, retry := t.parked.has(&rows[i]); waits {
			move[retry] = append(move[retry], rows[i].ID)
			continue
		}
		others = append(others, rows[i])
	}
	for retry, ids := range move {
		if err := t.r.queue.Park(work, Parking{IDs: ids, Scope: ScopeWaits, Retry: retry}); err != nil {
			return nil, err
		}
	}
	return others, nil
}

// park moves an event that was refused out of the way, and has the others of its
// key, or of its topic, wait behind it.
func (t *term) park(work context.Context, f failure, scope string, attempts int) error {
	p := Parking{IDs: []int64{f.row.ID}, Scope: scope, Reason: clip(f.err.Error()), Attempts: attempts}
	if err := t.r.queue.Park(work, p); err != nil {
		return err
	}
	t.r.cfg.logger.ErrorContext(work, "an event is parked, and what comes after it waits", "scope", scope, "event", f.row.EventID,
		"topic", f.row.Topic, "key", string(f.row.Key), "attempts", attempts, "error", f.err)
	return t.loadParked(work)
}

func clip(s string) string {
	if r := []rune(s); len(r) > reasonMost {
		return string(r[:reasonMost])
	}
	return s
}

// parkedWork reads now and then what is parked, and relays what is to be. It reports
// whether there was something, and so may be more.
func (t *term) parkedWork(ctx, work, produce context.Context) (more bool, err error) {
	if time.Now().After(t.parked.next) {
		if err := errors.Join(t.pruneParked(work), t.loadParked(work)); err != nil {
			return false, err
		}
	}
	if t.parked.retry && ctx.Err() == nil && work.Err() == nil {
		if err := t.settle(work); err != nil { // one wave at a time, and others in between
			return false, err
		}
		return t.relayParked(work, produce)
	}
	return false, nil
}

// pruneParked removes parked events that are too old to be kept.
func (t *term) pruneParked(work context.Context) error {
	now := time.Now()
	if t.r.cfg.keepParked == 0 || now.Before(t.parked.prune) {
		return nil
	}
	t.parked.prune = now.Add(pruneEvery)
	n, err := admin(t.r.db, func(pool *sql.DB, sqls parkedSQL) (n int64, err error) {
		conn, err := database.Connect(work, pool) // which the relay itself may have taken them all of
		if err != nil {
			return 0, fmt.Errorf("remove old parked events: connect: %w", err)
		}
		defer func() { err = errors.Join(err, conn.Close()) }()
		return sqls.discard(work, conn, Selection{Before: now.Add(-t.r.cfg.keepParked)})
	})
	if n > 0 {
		t.r.cfg.logger.WarnContext(work, "parked events were removed for good, as they are too old", "events", n, "kept", t.r.cfg.keepParked)
	}
	return err
}

// relayParked sends one wave of what is parked and to be relayed again. Meanwhile
// what comes after it still waits. It reports whether there was one.
func (t *term) relayParked(work, produce context.Context) (more bool, err error) {
	limit := t.r.cfg.batch
	if t.parked.alone {
		limit = 1
	}
	found, err := t.r.queue.FetchParked(work, limit)
	if err != nil {
		return false, err
	}
	if len(found) == 0 {
		t.parked.alone = false
		return false, t.loadParked(work) // there is nothing more, so keys are free again
	}
	var marks []int64
	var rows []Row
	for _, p := range found {
		if p.Mark {
			marks = append(marks, p.ID)
			continue
		}
		rows = append(rows, p.Row)
	}
	if len(marks) > 0 {
		return true, t.r.queue.DeleteParked(work, marks)
	}
	if err := t.send(work, produce, rows[:t.cut(rows, limit)]); err != nil {
		return false, err
	}
	sent, before := t.out, len(t.done)
	failures := t.await(work)
	t.out = nil
	acked := t.done[before:]
	t.done = t.done[:before]
	if len(acked) > 0 {
		if err := t.r.queue.DeleteParked(work, acked); err != nil {
			return false, err
		}
		t.relayed(len(acked))
	}
	if len(failures) == 0 {
		t.passed(sent)
		return true, nil
	}
	return true, t.refusedAgain(work, sent, failures)
}

// refusedAgain decides about parked events that were refused once more.
func (t *term) refusedAgain(work context.Context, sent *wave, failures []failure) error {
	for _, f := range failures {
		switch {
		case faultOf(f.err) == ofBroker:
			return f.err
		case tooLarge(f.err) && t.blame.shrink(sent, f.row.Topic): // what is left goes again, less at a time
		case len(sent.rows) > 1:
			t.parked.alone = true
		default:
			if err := t.r.queue.Repark(work, f.row, clip(f.err.Error())); err != nil {
				return err
			}
			t.r.cfg.logger.ErrorContext(work, "a parked event is refused again", "event", f.row.EventID, "topic", f.row.Topic, "error", f.err)
			t.parked.alone = false
			if err := t.loadParked(work); err != nil {
				return err
			}
		}
	}
	return nil
}
