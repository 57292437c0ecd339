package relay_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox/relay"
)

// event writes a row with a payload of so many bytes.
func event(t *testing.T, db *gorm.DB, topic, key string, sequence, size int) {
	t.Helper()
	if err := db.Exec("INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, payload) VALUES (?, 'test.Change', ?, ?, ?, ?)",
		uuid.NewString(), sequence, topic, []byte(key), make([]byte, size)).Error; err != nil {
		t.Fatal(err)
	}
}

// parked describes what is parked.
func parked(t *testing.T, db *gorm.DB) (out []string) {
	t.Helper()
	rows, err := relay.ListParked(t.Context(), db, relay.Selection{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		text := fmt.Sprintf("%s/%s/%d %s", r.Topic, r.Key, r.Sequence.Int64, r.Scope)
		if r.Mark {
			text += " mark"
		}
		out = append(out, text)
	}
	return out
}

func untilParked(t *testing.T, db *gorm.DB, want ...string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !slices.Equal(parked(t, db), want) {
		if time.Now().After(deadline) {
			t.Fatalf("parked (-want +got):\n%s", cmp.Diff(want, parked(t, db)))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// untilRelayed waits for all events. They move from one table to the other, and not
// back.
func untilRelayed(t *testing.T, db *gorm.DB) {
	t.Helper()
	untilEmpty(t, db)
	untilParked(t, db)
}

func retry(t *testing.T, db *gorm.DB, s relay.Selection, want int64) {
	t.Helper()
	n, err := relay.Retry(t.Context(), db, s)
	if err != nil || n != want {
		t.Errorf("retry: %d, %v, want %d", n, err, want)
	}
}

// withBrokers runs a test on the in-process broker and each database, and on
// Apache Kafka with PostgreSQL.
func withBrokers(t *testing.T, f func(t *testing.T, db *gorm.DB, brokers []string, prefix string)) {
	t.Helper()
	testenv.Databases(t, func(t *testing.T, url string) {
		prefix := testenv.TopicPrefix(t)
		f(t, open(t, url, prefix), testenv.KFake(t), prefix)
	})
	t.Run("kafka", func(t *testing.T) {
		t.Parallel()
		brokers, prefix := testenv.Kafka(t), testenv.TopicPrefix(t)
		f(t, open(t, testenv.Postgres(t), prefix), brokers, prefix)
	})
}

// An event that is too large for its topic is parked, what comes after it of its key
// waits, and everything else goes on.
func TestTooLargeForTheBroker(t *testing.T) {
	t.Parallel()
	withBrokers(t, func(t *testing.T, db *gorm.DB, brokers []string, prefix string) {
		topic := prefix + "small"
		cl := client(t, brokers)
		admin := kadm.NewClient(cl)
		limit := "4000"
		if _, err := admin.CreateTopic(t.Context(), 2, 1, map[string]*string{"max.message.bytes": &limit}, topic); err != nil {
			t.Fatal(err)
		}
		event(t, db, topic, "1", 1, 10)
		event(t, db, topic, "1", 2, 8000)
		for n := range 40 { // together they are too large as well
			event(t, db, topic, "2", n+1, 300)
		}
		event(t, db, topic, "1", 3, 10)
		event(t, db, topic, "", 1, 8000) // without a key, so nothing waits for it
		event(t, db, topic, "", 2, 10)
		// Compressed they would not be too large.
		producer := client(t, brokers, kgo.ProducerBatchCompression(kgo.NoCompression()))
		_, stop := running(t, db, producer, quiet)
		untilEmpty(t, db)
		untilParked(t, db, topic+"/1/2 key", topic+"/1/3 waits", topic+"//1 key")
		event(t, db, topic, "1", 4, 10)
		untilParked(t, db, topic+"/1/2 key", topic+"/1/3 waits", topic+"//1 key", topic+"/1/4 waits")
		if n, err := relay.Discard(t.Context(), db, relay.Selection{Topic: topic, Key: []byte{}}); err != nil || n != 1 {
			t.Errorf("discard: %d, %v", n, err)
		}
		more := "100000"
		if _, err := admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &more}}, topic); err != nil {
			t.Fatal(err)
		}
		retry(t, db, relay.Selection{Topic: topic, Key: []byte("1")}, 3)
		untilParked(t, db)
		event(t, db, topic, "1", 5, 10)
		untilRelayed(t, db)
		stop()
		got := order(t, brokers, topic)
		if diff := cmp.Diff([]string{"1", "2", "3", "4", "5"}, got["1"]); diff != "" {
			t.Errorf("key 1 (-want +got):\n%s", diff)
		}
		if len(got["2"]) != 40 || len(got[""]) != 1 {
			t.Errorf("%d events of key 2 and %d without a key, want 40 and 1", len(got["2"]), len(got[""]))
		}
	})
}

// order gives the sequences of a topic's events by key, in order.
func order(t *testing.T, brokers []string, topic string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	each(t, brokers, topic, func(r *kgo.Record) { out[string(r.Key)] = append(out[string(r.Key)], value(r, "sequence")) })
	return out
}

// each reads what a topic holds now.
func each(t *testing.T, brokers []string, topic string, f func(*kgo.Record)) {
	t.Helper()
	cl := client(t, brokers, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ends, err := kadm.NewClient(cl).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	for left > 0 {
		cl.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) {
			left--
			f(r)
		})
	}
}

// A topic that is not there holds up its own events only.
func TestMissingTopic(t *testing.T) {
	t.Parallel()
	withBrokers(t, func(t *testing.T, db *gorm.DB, brokers []string, prefix string) {
		cl := client(t, brokers)
		createTopic(t, cl, prefix+"there")
		for n := range 5 {
			event(t, db, prefix+"missing", "1", n+1, 10)
			event(t, db, prefix+"missing", "2", n+1, 10)
			event(t, db, prefix+"there", "1", n+1, 10)
		}
		_, stop := running(t, db, client(t, brokers, kgo.UnknownTopicRetries(0)), relay.WithTopicPatience(300*time.Millisecond), quiet)
		untilEmpty(t, db)
		if diff := cmp.Diff([]string{"1", "2", "3", "4", "5"}, order(t, brokers, prefix+"there")["1"]); diff != "" {
			t.Errorf("the other topic (-want +got):\n%s", diff)
		}
		if got := parked(t, db); len(got) != 10 || got[0] != prefix+"missing/1/1 topic" {
			t.Errorf("parked: %v, want all ten of the topic", got)
		}
		createTopic(t, cl, prefix+"missing")
		retry(t, db, relay.Selection{ID: 1}, 10) // one event, and with it its topic
		untilParked(t, db)
		event(t, db, prefix+"missing", "2", 6, 10)
		untilRelayed(t, db)
		stop()
		got := order(t, brokers, prefix+"missing")
		want := map[string][]string{"1": {"1", "2", "3", "4", "5"}, "2": {"1", "2", "3", "4", "5", "6"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the topic (-want +got):\n%s", diff)
		}
	})
}

// A topic that is waited for does not hold up others, however many rows it has, and keeps
// its order.
func TestMissingTopicFillsReads(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db, brokers := open(t, url, ""), testenv.KFake(t)
		cl := client(t, brokers)
		createTopic(t, cl, "there")
		const many = 300
		var want []string
		for n := range many {
			event(t, db, "missing", "1", n+1, 10)
			if n%100 == 99 {
				event(t, db, "there", "1", n+1, 10)
			}
			want = append(want, strconv.Itoa(n+1))
		}
		r, stop := running(t, db, client(t, brokers, kgo.UnknownTopicRetries(0)), relay.WithBatch(20), relay.WithTopicPatience(time.Minute), relay.WithRetry(time.Millisecond, 300*time.Millisecond), quiet)
		until(t, "the other topic goes on", func() bool { return len(order(t, brokers, "there")["1"]) == 3 })
		event(t, db, "there", "1", 1000, 10)
		until(t, "it still does", func() bool { return len(order(t, brokers, "there")["1"]) == 4 })
		if n := waiting(t, db); n < many {
			t.Errorf("%d events wait, want %d", n, many)
		}
		createTopic(t, cl, "missing")
		untilEmpty(t, db)
		stop()
		if diff := cmp.Diff(want, order(t, brokers, "missing")["1"]); diff != "" {
			t.Errorf("the topic that was waited for (-want +got):\n%s", diff)
		}
		if n := r.Stats().Parked; n != 0 {
			t.Errorf("%d events are parked, want none", n)
		}
	})
}

// What somebody parks by hand waits, in order, until it is told to go on.
func TestParkByHand(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db, brokers := open(t, url, ""), testenv.KFake(t)
		cl := client(t, brokers)
		createTopic(t, cl, "changes")
		if err := relay.Park(t.Context(), db, "changes", []byte("1"), "by hand"); err != nil {
			t.Fatal(err)
		}
		publish(t, db, append(changes(1, 1, 3), changes(2, 1, 3)...)...)
		_, stop := running(t, db, cl)
		untilEmpty(t, db)
		untilParked(t, db, "changes/1/0 key mark", "changes/1/1 waits", "changes/1/2 waits", "changes/1/3 waits")
		if got := read(t, brokers, "changes"); len(got[1]) != 0 || len(got[2]) != 3 {
			t.Errorf("the topic has %v, want key 2 alone", got)
		}
		retry(t, db, relay.Selection{Key: []byte("1")}, 4)
		publish(t, db, changes(1, 4, 6)...)
		untilRelayed(t, db)
		stop()
		audit(t, read(t, brokers, "changes"), map[int64]int64{1: 6, 2: 3})
		for _, key := range [][]byte{{}, nil} {
			if err := relay.Park(t.Context(), db, "", key, ""); err == nil {
				t.Error("parked without a topic")
			}
		}
	})
}

// What has been parked for too long goes, where somebody has said so.
func TestParkedRetention(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db, brokers := open(t, url, ""), testenv.KFake(t)
		for _, key := range []string{"1", "2"} {
			if err := relay.Park(t.Context(), db, "changes", []byte(key), "by hand"); err != nil {
				t.Fatal(err)
			}
		}
		old := any(time.Now().UTC().Add(-2 * time.Hour))
		if db.Name() == "sqlite" {
			old = time.Now().UTC().Add(-2 * time.Hour).Format("2006-01-02T15:04:05.000Z")
		}
		if err := db.Exec("UPDATE outbox_parked SET parked_at = ? WHERE id = -1", old).Error; err != nil {
			t.Fatal(err)
		}
		_, stop := running(t, db, client(t, brokers), relay.WithParkedRetention(time.Hour), quiet)
		untilParked(t, db, "changes/2/0 key mark")
		stop()
	})
}

// What is told to go on does so without a rest after each wave.
func TestRetryDoesNotIdle(t *testing.T) {
	t.Parallel()
	db, brokers := open(t, testenv.SQLite(t), ""), testenv.KFake(t)
	cl := client(t, brokers)
	createTopic(t, cl, "changes")
	if err := relay.Park(t.Context(), db, "changes", []byte("1"), "by hand"); err != nil {
		t.Fatal(err)
	}
	publish(t, db, changes(1, 1, 20)...)
	_, stop := running(t, db, cl)
	untilEmpty(t, db)
	stop()
	retry(t, db, relay.Selection{}, 21)
	_, stop = running(t, db, cl, relay.WithBatch(1), relay.WithIdle(time.Hour, time.Hour))
	untilRelayed(t, db)
	stop()
	audit(t, read(t, brokers, "changes"), map[int64]int64{1: 20})
}
