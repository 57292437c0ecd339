package relay_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
)

// change is an event, written by hand where an application has generated code.
type change struct {
	ID, Version int64
}

var changeSchema = codec.NewSchema("test.Change", `{"type":"record","name":"Change","namespace":"test","fields":[
{"name":"id","type":"long"},{"name":"version","type":"long"}]}`, codec.Fingerprints{})

func (c *change) AvroSchema() *codec.Schema { return changeSchema }
func (c *change) EventTopic() string        { return "changes" }
func (c *change) EventKey() []byte          { return strconv.AppendInt(nil, c.ID, 10) }
func (c *change) EventSequence() int64      { return c.Version }

func (c *change) AppendAvro(dst []byte) ([]byte, error) {
	return binary.AppendVarint(binary.AppendVarint(dst, c.ID), c.Version), nil
}

type anyID struct{}

func (anyID) ID(context.Context, string, *codec.Schema) (uint32, error) { return 1, nil }

// open gives a migrated database with the outbox installed and a table of
// aggregates.
func open(tb testing.TB, url, prefix string) *gorm.DB {
	tb.Helper()
	db := connect(tb, url)
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := m.Up(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	ob, err := outbox.New(tb.Context(), anyID{}, []codec.Event{(*change)(nil)}, outbox.WithTopicPrefix(prefix))
	if err != nil {
		tb.Fatal(err)
	}
	if err := db.Use(ob); err != nil {
		tb.Fatal(err)
	}
	for _, stmt := range []string{
		"CREATE TABLE aggregates (id bigint PRIMARY KEY, version bigint NOT NULL)",
		"CREATE TABLE scratch (writer bigint NOT NULL)",
	} {
		if err := db.Exec(stmt).Error; err != nil {
			tb.Fatal(err)
		}
	}
	return db
}

func connect(tb testing.TB, url string) *gorm.DB {
	tb.Helper()
	db, err := database.Open(tb.Context(), url, database.WithMaxOpenConns(32))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = database.Close(db) })
	return db
}

// insert writes n events of one key with payloads of so many bytes.
func insert(tb testing.TB, db *gorm.DB, n, size int) {
	tb.Helper()
	for v := range n {
		if err := db.Exec("INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, payload) VALUES (?, 'test.Change', ?, 'changes', ?, ?)",
			uuid.NewString(), v+1, []byte("1"), make([]byte, size)).Error; err != nil {
			tb.Fatal(err)
		}
	}
}

// publish commits one event in a transaction of its own.
func publish(tb testing.TB, db *gorm.DB, events ...codec.Event) {
	tb.Helper()
	if err := db.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, events...) }); err != nil {
		tb.Fatal(err)
	}
}

// changes are the events first to last of one key.
func changes(key, first, last int64) []codec.Event {
	var out []codec.Event
	for v := first; v <= last; v++ {
		out = append(out, &change{ID: key, Version: v})
	}
	return out
}

var errRolledBack = errors.New("rolled back on purpose")

// writers change aggregates at random from several goroutines: some commit late,
// some roll back, some have written elsewhere before they lock their aggregate.
type writers struct {
	tb        testing.TB
	db        *gorm.DB
	stop      context.CancelFunc
	wg        sync.WaitGroup
	committed atomic.Int64 // transactions
	busy      atomic.Int64 // transactions that were refused and tried again
}

func write(tb testing.TB, db *gorm.DB, n int, keys int64) *writers {
	tb.Helper()
	aggregates(tb, db, keys)
	return start(tb, db, n, keys)
}

func aggregates(tb testing.TB, db *gorm.DB, keys int64) {
	tb.Helper()
	for k := range keys {
		if err := db.Exec("INSERT INTO aggregates (id, version) VALUES (?, 0)", k).Error; err != nil {
			tb.Fatal(err)
		}
	}
}

func start(tb testing.TB, db *gorm.DB, n int, keys int64) *writers {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	w := &writers{tb: tb, db: db, stop: cancel}
	for range n {
		w.wg.Go(func() {
			for ctx.Err() == nil {
				switch err := writeOnce(db, rand.Int64N(keys)); {
				case err == nil:
					w.committed.Add(1)
				case isBusy(err):
					w.busy.Add(1) // nothing was written; the loop ends with ctx
				case !errors.Is(err, errRolledBack):
					tb.Error(err)
					return
				}
			}
		})
	}
	tb.Cleanup(func() {
		cancel()
		w.wg.Wait()
	})
	return w
}

// isBusy reports whether SQLite's write lock was not to be had in time.
func isBusy(err error) bool {
	var coded interface {
		error
		Code() int
	}
	return errors.As(err, &coded) && coded.Code()&0xff == 5
}

// until lets the writers go on until so many transactions are committed, ends
// them, and returns how many changes of each aggregate were committed.
func (w *writers) until(transactions int64) map[int64]int64 {
	w.tb.Helper()
	until(w.tb, "enough is committed", func() bool { return w.committed.Load() >= transactions || w.tb.Failed() })
	w.stop()
	w.wg.Wait()
	var aggregates []struct{ ID, Version int64 }
	if err := w.db.Table("aggregates").Select("id, version").Scan(&aggregates).Error; err != nil {
		w.tb.Fatal(err)
	}
	out := map[int64]int64{}
	for _, a := range aggregates {
		out[a.ID] = a.Version
	}
	return out
}

func writeOnce(db *gorm.DB, key int64) error {
	return db.Transaction(func(tx *gorm.DB) error {
		if rand.IntN(3) == 0 {
			if err := tx.Exec("INSERT INTO scratch (writer) VALUES (?)", key).Error; err != nil {
				return err
			}
		}
		for range 1 + rand.IntN(3) {
			if err := tx.Exec("UPDATE aggregates SET version = version + 1 WHERE id = ?", key).Error; err != nil {
				return err
			}
			var version int64
			if err := tx.Raw("SELECT version FROM aggregates WHERE id = ?", key).Scan(&version).Error; err != nil {
				return err
			}
			if err := outbox.Publish(tx, &change{ID: key, Version: version}); err != nil {
				return err
			}
		}
		switch rand.IntN(10) {
		case 0:
			return errRolledBack
		case 1, 2, 3:
			time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // an id is drawn, its row not visible yet
		}
		return nil
	})
}

// client makes a Kafka client and the topic.
func client(tb testing.TB, brokers []string, opts ...kgo.Opt) *kgo.Client {
	tb.Helper()
	cl, err := relay.NewClient(brokers, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(cl.Close)
	return cl
}

// cluster is a broker whose answers a test can change, or several.
func cluster(tb testing.TB, brokers int) *kfake.Cluster {
	tb.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(brokers))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func createTopic(tb testing.TB, cl *kgo.Client, topic string) {
	tb.Helper()
	if _, err := kadm.NewClient(cl).CreateTopic(tb.Context(), 4, 1, nil, topic); err != nil {
		tb.Fatal(err)
	}
}

// running starts a relay and stops it, at the end of the test at the latest.
func running(tb testing.TB, db *gorm.DB, p relay.Producer, opts ...relay.Option) (r *relay.Relay, stop func()) {
	tb.Helper()
	q, err := relay.OpenQueue(db)
	if err != nil {
		tb.Fatal(err)
	}
	return runningWith(tb, db, q, p, opts...)
}

func runningWith(tb testing.TB, db *gorm.DB, q relay.Queue, p relay.Producer, opts ...relay.Option) (r *relay.Relay, stop func()) {
	tb.Helper()
	opts = append([]relay.Option{
		relay.WithTakeover(20 * time.Millisecond), relay.WithRetry(5*time.Millisecond, 50*time.Millisecond),
		relay.WithLogger(slog.New(slog.NewTextHandler(tb.Output(), nil))),
	}, opts...)
	r, err := relay.New(db, q, p, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				tb.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			tb.Error("Run does not return")
		}
	})
	tb.Cleanup(stop)
	return r, stop
}

// until polls a condition.
func until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("waited in vain until %s", what)
		}
	}
}

func waiting(tb testing.TB, db *gorm.DB) int64 {
	tb.Helper()
	b, err := relay.Status(tb.Context(), db)
	if err != nil {
		tb.Fatal(err)
	}
	return b.Waiting
}

func untilEmpty(tb testing.TB, db *gorm.DB) {
	tb.Helper()
	until(tb, "the outbox is empty", func() bool { return waiting(tb, db) == 0 })
}

// log is what a topic holds: per key the versions in order of their offsets.
type log map[int64][]int64

// read takes everything that a topic holds now.
func read(tb testing.TB, brokers []string, topic string) log {
	tb.Helper()
	cl := client(tb, brokers, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer cl.Close()
	ends, err := kadm.NewClient(cl).ListEndOffsets(tb.Context(), topic)
	if err != nil {
		tb.Fatal(err)
	}
	want := 0
	ends.Each(func(o kadm.ListedOffset) { want += int(o.Offset) })
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	out, ids := log{}, map[string]string{}
	for got := 0; got < want; {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			tb.Fatalf("read %d of %d records of %s", got, want, topic)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			got++
			key, version := parse(tb, r)
			out[key] = append(out[key], version)
			name := fmt.Sprintf("%d/%d", key, version)
			id := value(r, codec.HeaderID)
			if old, ok := ids[name]; ok && old != id {
				tb.Errorf("%s has the ids %s and %s: a repetition must keep its id", name, old, id)
			}
			ids[name] = id
		})
	}
	return out
}

func parse(tb testing.TB, r *kgo.Record) (key, version int64) {
	tb.Helper()
	key, err := strconv.ParseInt(string(r.Key), 10, 64)
	if err != nil {
		tb.Error(err)
	}
	version, err = strconv.ParseInt(value(r, codec.HeaderSequence), 10, 64)
	if err != nil {
		tb.Error(err)
	}
	return key, version
}

func value(r *kgo.Record, header string) string {
	i := slices.IndexFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == header })
	if i < 0 {
		return ""
	}
	return string(r.Headers[i].Value)
}

// audit compares the log with what was committed, key by key: nothing is lost, and
// first occurrences are in order. It returns how many records were repetitions.
func audit(tb testing.TB, got log, committed map[int64]int64) (repeated int) {
	tb.Helper()
	repeated, inverted := auditLoss(tb, got, committed)
	if len(inverted) > 0 {
		tb.Errorf("%d out of order: %s", len(inverted), strings.Join(inverted[:min(len(inverted), 20)], "; "))
	}
	return repeated
}

// auditLoss fails for lost events alone and describes what is out of order.
func auditLoss(tb testing.TB, got log, committed map[int64]int64) (repeated int, inverted []string) {
	tb.Helper()
	var lost []string
	for key, versions := range committed {
		next := int64(1)
		seen := map[int64]bool{}
		for _, v := range got[key] {
			switch {
			case seen[v]:
				repeated++
				continue
			case v != next:
				inverted = append(inverted, fmt.Sprintf("key %d: %d where %d was due", key, v, next))
			}
			seen[v] = true
			next = v + 1
		}
		for v := int64(1); v <= versions; v++ {
			if !seen[v] {
				lost = append(lost, fmt.Sprintf("%d/%d", key, v))
			}
		}
	}
	for key := range got {
		if n := int64(len(got[key])); committed[key] == 0 && n > 0 {
			tb.Errorf("key %d has %d events, none was committed", key, n)
		}
	}
	if len(lost) > 0 {
		tb.Errorf("%d lost: %s", len(lost), strings.Join(lost[:min(len(lost), 20)], ", "))
	}
	return repeated, inverted
}

func total(m map[int64]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// quiet leaves expected failures out of the test's log.
var quiet = relay.WithLogger(slog.New(slog.DiscardHandler))
