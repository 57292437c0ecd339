package relay

import (
	"context"
	"errors"

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
// that. A topic's events are parked after topicTries, which take about half a
// minute by the default waits: a deployment may be about to create it.
const (
	parkAfter  = 3
	topicTries = 12
)

// blame remembers what was refused.
type blame struct {
	alone  int64          // up to this id rows go one at a time; 0 is none
	tries  map[int64]int  // refusals of a row that went alone
	topics map[string]int // refusals of a topic, one after another
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
			wait = err
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
	if tries < parkAfter && !errors.Is(f.err, kerr.MessageTooLarge) {
		return f.err
	}
	if err := t.park(work, f, ScopeKey, tries); err != nil {
		return err
	}
	delete(t.blame.tries, f.row.ID)
	return nil
}

// refusedTopic counts a refusal of a topic, and parks it in the end.
func (t *term) refusedTopic(work context.Context, f failure) error {
	if t.blame.topics == nil {
		t.blame.topics = map[string]int{}
	}
	t.blame.topics[f.row.Topic]++
	tries := t.blame.topics[f.row.Topic]
	if tries < topicTries {
		return f.err
	}
	if err := t.park(work, f, ScopeTopic, tries); err != nil {
		return err
	}
	delete(t.blame.topics, f.row.Topic)
	return nil
}
