package relay

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// fault is what a refusal is about, and so what may mend it.
type fault int

const (
	ofBroker fault = iota // or of the way to it: waiting mends it
	ofRecord              // it will not be taken, whenever it is sent
	ofTopic               // it is not there, or must not be written to
)

func faultOf(err error) fault {
	for _, e := range []error{
		kerr.MessageTooLarge, kerr.RecordListTooLarge, kerr.InvalidRecord, kerr.InvalidTimestamp, kerr.UnsupportedForMessageFormat,
		kerr.PolicyViolation,
	} {
		if errors.Is(err, e) {
			return ofRecord
		}
	}
	for _, e := range []error{
		kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.TopicAuthorizationFailed, kerr.InvalidTopicException,
	} {
		if errors.Is(err, e) {
			return ofTopic
		}
	}
	return ofBroker
}

// A refusal names a batch, and a batch has several records, so what was refused is
// sent again one record at a time. One that is refused alone is parked after
// parkAfter tries, at once when it is too large: no broker changes its mind about
// that.
const parkAfter = 3

// blame remembers what was refused.
type blame struct {
	alone  int64         // up to this id rows go one at a time; 0 is none
	tries  map[int64]int // refusals of a row that went alone
	topics map[string]*topicFault
	sizes  map[string]topicSize
}

// topicSize is how many bytes a wave may have of a topic that has refused more, and
// until when: by then its limit may have been raised, so it is tried anew.
type topicSize struct {
	bytes int
	until time.Time
}

// shrunkFor is how long. To find a topic's size again takes a few refusals.
const shrunkFor = time.Minute

// topicFault is a topic that does not take records.
type topicFault struct {
	since, next time.Time // of the first refusal, and when to try again
	wait        time.Duration
	tries       int
}

// passed forgets what a wave that went through has disproved.
func (b *blame) passed(w *wave) {
	if len(b.tries) == 0 && len(b.topics) == 0 {
		return
	}
	for i := range w.rows {
		delete(b.tries, w.rows[i].ID)
		delete(b.topics, w.rows[i].Topic)
	}
}

func tooLarge(err error) bool {
	return errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge)
}

// shrink has later waves bring half of what a topic has refused as too large; false when
// that was a single record. A topic's limit may be below a usual batch, and its records
// are not to go alone for that.
func (b *blame) shrink(w *wave, topic string) bool {
	size, n := 0, 0
	for i := range w.rows {
		if w.rows[i].Topic == topic {
			size += w.rows[i].wireSize()
			n++
		}
	}
	if n < 2 {
		return false
	}
	if b.sizes == nil {
		b.sizes = map[string]topicSize{}
	}
	b.sizes[topic] = topicSize{size / 2, time.Now().Add(shrunkFor)}
	return true
}

// sizeOf is how many bytes a wave may have of a topic; false when it has no bound.
func (b *blame) sizeOf(topic string) (bytes int, ok bool) {
	s, ok := b.sizes[topic]
	return s.bytes, ok && time.Now().Before(s.until)
}

// due says whether no topic is waited for, or one is to be tried by now.
func (b *blame) due(now time.Time) bool {
	for _, f := range b.topics {
		if !now.Before(f.next) {
			return true
		}
	}
	return len(b.topics) == 0
}

// patient leaves out rows of topics that are not to be tried yet, and gives their ids.
func (b *blame) patient(rows []Row, now time.Time) (rest []Row, held []int64) {
	if len(b.topics) == 0 {
		return rows, nil
	}
	rest = slices.DeleteFunc(rows, func(r Row) bool {
		f := b.topics[r.Topic]
		if f == nil || !now.Before(f.next) {
			return false
		}
		held = append(held, r.ID)
		return true
	})
	return rest, held
}

// judge decides what becomes of a wave's failures: nil when relaying can go on, as
// what failed is parked or goes alone next; else what has to be waited for.
func (t *term) judge(work context.Context, w *wave, failures []failure) error {
	var wait error // one of many that say the same
	topics := map[string]failure{}
	for _, f := range failures {
		switch faultOf(f.err) {
		case ofBroker:
			wait = f.err
		case ofTopic:
			if first, ok := topics[f.row.Topic]; !ok || f.row.ID < first.row.ID {
				topics[f.row.Topic] = f
			}
		case ofRecord:
			if tooLarge(f.err) && t.blame.shrink(w, f.row.Topic) {
				continue
			}
			if len(w.rows) > 1 {
				t.blame.alone = max(t.blame.alone, w.ids[len(w.ids)-1])
				continue
			}
			if err := t.refused(work, f); err != nil {
				return err
			}
		}
	}
	for _, f := range topics {
		if err := t.refusedTopic(work, f); err != nil {
			return err
		}
	}
	return wait
}

// refused counts the refusal of a row that went alone, and parks it in the end.
func (t *term) refused(work context.Context, f failure) error {
	if t.blame.tries == nil {
		t.blame.tries = map[int64]int{}
	}
	t.blame.tries[f.row.ID]++
	tries := t.blame.tries[f.row.ID]
	if tries < parkAfter && !tooLarge(f.err) {
		return f.err
	}
	if err := t.park(work, f, ScopeKey, tries); err != nil {
		return err
	}
	delete(t.blame.tries, f.row.ID)
	return nil
}

// refusedTopic has the topic's events wait, and parks them when it has gone on for too
// long: a deployment may be about to make the topic. Other topics go on meanwhile.
func (t *term) refusedTopic(work context.Context, f failure) error {
	if t.blame.topics == nil {
		t.blame.topics = map[string]*topicFault{}
	}
	now := time.Now()
	fault := t.blame.topics[f.row.Topic]
	if fault == nil {
		fault = &topicFault{since: now, wait: t.r.cfg.minRetry}
		t.blame.topics[f.row.Topic] = fault
	}
	fault.tries++
	t.r.stats.retries.Add(1)
	if now.Sub(fault.since) < t.r.cfg.topicPatience {
		fault.next = now.Add(fault.wait)
		t.r.cfg.logger.WarnContext(work, "a topic takes no events, and is tried again", "topic", f.row.Topic, "wait", fault.wait, "error", f.err)
		fault.wait = min(fault.wait*2, t.r.cfg.maxRetry)
		return nil
	}
	if err := t.park(work, f, ScopeTopic, fault.tries); err != nil {
		return err
	}
	delete(t.blame.topics, f.row.Topic)
	return nil
}
