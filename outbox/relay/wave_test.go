package relay_test

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox/relay"
)

// waves counts at the broker the batches that a partition gets of one wave. A wave
// begins with the first record after a Flush; as the next one begins only when all of
// it is answered, what arrives is of the one that began last.
type waves struct {
	*kgo.Client

	mu      sync.Mutex
	records []int          // of each wave
	open    int            // records of the last one that are not answered
	flushed bool           // the last one is complete
	batches map[string]int // by wave, topic and partition
}

func (w *waves) Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
	w.mu.Lock()
	if len(w.records) == 0 || w.flushed {
		w.records, w.flushed = append(w.records, 0), false
	}
	w.records[len(w.records)-1]++
	w.open++
	w.mu.Unlock()
	w.Client.Produce(ctx, r, func(r *kgo.Record, err error) {
		promise(r, err)
		w.mu.Lock()
		w.open--
		last := w.open == 0
		w.mu.Unlock()
		if last {
			// Until this returns the client is still in its Flush, and sends what it gets
			// at once: time for a relay that does not wait for that to hand over more.
			time.Sleep(5 * time.Millisecond)
		}
	})
}

func (w *waves) Flush(ctx context.Context) error {
	w.mu.Lock()
	w.flushed = true
	w.mu.Unlock()
	return w.Client.Flush(ctx)
}

func (w *waves) arrives(req *kmsg.ProduceRequest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, topic := range req.Topics {
		for _, p := range topic.Partitions {
			w.batches[fmt.Sprintf("wave %d, topic %s%x, partition %d", len(w.records), topic.Topic, topic.TopicID, p.Partition)]++ // a name or an id
		}
	}
}

// A partition gets one batch of a wave at most, so that none of its records is behind a
// batch that is refused: also when the client has just answered the wave before, and
// when it has to find out where a topic is.
func TestOneBatchOfAWave(t *testing.T) {
	t.Parallel()
	const events, batch = 400, 100
	cluster := cluster(t, 1)
	brokers := cluster.ListenAddrs()
	db := open(t, testenv.SQLite(t), "")
	topics := []string{"changes", "others"}
	for _, topic := range topics {
		createTopic(t, client(t, brokers), topic) // by another client, which then knows it
		for n := range events {
			event(t, db, topic, strconv.Itoa(n%8), n/8+1, 10)
		}
	}
	// The client is slow to give records to their partitions, so that one that may send at
	// once does not get them all into its first batch.
	slow := kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(func(string) func(*kgo.Record, int) int {
		return func(r *kgo.Record, n int) int {
			time.Sleep(50 * time.Microsecond)
			return int(r.Key[0]) % n
		}
	}))
	w := &waves{Client: client(t, brokers, slow), batches: map[string]int{}}
	cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if produce, ok := req.(*kmsg.ProduceRequest); ok {
			w.arrives(produce)
		}
		return nil, nil, false
	})
	_, stop := running(t, db, w, relay.WithBatch(batch))
	untilEmpty(t, db)
	stop()

	maps.DeleteFunc(w.batches, func(_ string, n int) bool { return n == 1 })
	if len(w.batches) > 0 {
		t.Errorf("more than one batch: %v", w.batches)
	}
	if n := len(w.records); n > 20 || n < 2*events/batch {
		t.Errorf("the waves have %v records: want few large ones", w.records)
	}
	for _, topic := range topics {
		audit(t, read(t, brokers, topic), map[int64]int64{0: 50, 1: 50, 2: 50, 3: 50, 4: 50, 5: 50, 6: 50, 7: 50})
	}
}
