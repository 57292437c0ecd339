package relay_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
)

// TestTombstone: records of tombstones have no value, not an empty one, also when they
// were parked and told to go on, and keep their place among the events of their key.
func TestTombstone(t *testing.T) {
	t.Parallel()
	withBrokers(t, func(t *testing.T, db *gorm.DB, brokers []string, prefix string) {
		topic := prefix + "changes"
		cl := client(t, brokers)
		createTopic(t, cl, topic)
		if err := relay.Park(t.Context(), db, topic, []byte("2"), "by hand"); err != nil {
			t.Fatal(err)
		}
		err := db.Transaction(func(tx *gorm.DB) error {
			for key := int64(1); key <= 2; key++ {
				if err := outbox.Publish(tx, &change{ID: key, Version: 1}); err != nil {
					return err
				}
				if err := outbox.Tombstone(tx, &change{ID: key, Version: 2}); err != nil {
					return err
				}
				if err := outbox.Publish(tx, &change{ID: key, Version: 3}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_, stop := running(t, db, cl)
		untilEmpty(t, db)
		untilParked(t, db, topic+"/2/0 key mark", topic+"/2/1 waits", topic+"/2/2 waits", topic+"/2/3 waits")
		waits, err := relay.ListParked(t.Context(), db, relay.Selection{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range waits[1:] {
			if r.IsTombstone() != (r.Sequence.Int64 == 2) {
				t.Errorf("parked %s/%d: a tombstone is %t", r.Key, r.Sequence.Int64, r.IsTombstone())
			}
		}
		retry(t, db, relay.Selection{Topic: topic, Key: []byte("2")}, 4)
		untilRelayed(t, db)
		stop()
		want := []string{"1 of test.Change, id of 36: 7 bytes", "2 of test.Change, id of 36: no value", "3 of test.Change, id of 36: 7 bytes"}
		if diff := cmp.Diff(map[string][]string{"1": want, "2": want}, contents(t, brokers, topic)); diff != "" {
			t.Errorf("the topic (-want +got):\n%s", diff)
		}
	})
}

// contents describes a topic's records by key, in order.
func contents(t *testing.T, brokers []string, topic string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	each(t, brokers, topic, func(r *kgo.Record) {
		size := "no value"
		if r.Value != nil {
			size = fmt.Sprintf("%d bytes", len(r.Value))
		}
		out[string(r.Key)] = append(out[string(r.Key)],
			fmt.Sprintf("%s of %s, id of %d: %s", value(r, "sequence"), value(r, "type"), len(value(r, "id")), size))
	})
	return out
}
