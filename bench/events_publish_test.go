package bench_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/models"
	"github.com/schemactl/schemactl/outbox"
)

// publishing are transactions by several writers at once: a row of a model by
// GORM's Create, and what a way of publishing adds to it.
type publishing struct {
	writers int
	window  time.Duration
	plain   *gorm.DB // without the outbox's plugin
	ours    *gorm.DB // with it
	rounds  int
}

// withPublishing opens a database with the tables for it.
func withPublishing(b *testing.B, url string, writers int) *publishing {
	b.Helper()
	withOutbox(b, url)
	p := &publishing{writers: writers, window: 100 * time.Millisecond}
	for _, db := range []**gorm.DB{&p.plain, &p.ours} {
		*db = openFor(b, url, writers+4)
	}
	check(b, p.plain.AutoMigrate(&models.Account{}))
	install(b, p.ours)
	return p
}

func openFor(b *testing.B, url string, connections int) *gorm.DB {
	b.Helper()
	db, err := database.Open(b.Context(), url, database.WithMaxOpenConns(connections))
	check(b, err)
	b.Cleanup(func() { check(b, database.Close(db)) })
	return db
}

// install gives a handle the outbox, with the topics of the schemas.
func install(b *testing.B, db *gorm.DB) {
	b.Helper()
	box, err := outbox.New(b.Context(), ids{}, events.AvroEvents(), outbox.WithSubjectNaming("messages", codec.TopicRecordName))
	check(b, err)
	check(b, db.Use(box))
}

// publishWay adds events to a transaction.
type publishWay func(tx *gorm.DB, all ...codec.Event) error

func modelOnly(*gorm.DB, ...codec.Event) error { return nil }

// round lets the writers work for the window and gives the rate of their
// transactions and what one costs.
func (p *publishing) round(b *testing.B, db *gorm.DB, n int, publish publishWay) []float64 {
	b.Helper()
	if p.rounds++; p.rounds%40 == 1 {
		p.empty(b)
	}
	ctx, cancel := context.WithTimeout(b.Context(), p.window)
	defer cancel()
	var done atomic.Int64
	failed := make([]error, p.writers)
	w := startWatch()
	var all sync.WaitGroup
	for i := range p.writers {
		all.Go(func() {
			evs := make([]codec.Event, n)
			for k := range evs {
				evs[k] = messageCreated()
			}
			for ctx.Err() == nil && failed[i] == nil {
				failed[i] = transaction(db.WithContext(b.Context()), evs, publish)
				done.Add(1)
			}
		})
	}
	all.Wait()
	figures := w.per(int(done.Load()))
	for _, err := range failed {
		check(b, err)
	}
	return figures
}

// transaction is one of them.
func transaction(db *gorm.DB, all []codec.Event, publish publishWay) error {
	return db.Transaction(func(tx *gorm.DB) error {
		err := tx.Create(&models.Account{DisplayName: "Ada Lovelace", Status: models.AccountActive, Currency: "EUR", Version: 1}).Error
		if err != nil {
			return err
		}
		return publish(tx, all...)
	})
}

func (p *publishing) empty(b *testing.B) {
	b.Helper()
	for _, table := range []string{"outbox_events", "accounts"} {
		statement := "TRUNCATE " + table
		if p.plain.Name() == database.SQLite {
			statement = "DELETE FROM " + table
		}
		check(b, p.plain.Exec(statement).Error)
	}
}

// byHandMany is one INSERT of all rows by tx.Exec.
func byHandMany(tx *gorm.DB, all ...codec.Event) error {
	args, err := handArgs(all)
	if err != nil {
		return err
	}
	return tx.Exec(handHead+strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, NULL, ?),", len(all)), ","), args...).Error
}

// byRaw goes past GORM to the connection of the transaction, with a text that is
// made only once: the least that one can do by hand.
func byRaw(dialect string, n int) publishWay {
	query := handHead
	for i := range n {
		if i > 0 {
			query += ","
		}
		if dialect == database.Postgres {
			query += fmt.Sprintf("($%d, $%d, $%d, $%d, $%d, NULL, $%d)", i*6+1, i*6+2, i*6+3, i*6+4, i*6+5, i*6+6)
		} else {
			query += "(?, ?, ?, ?, ?, NULL, ?)"
		}
	}
	return func(tx *gorm.DB, all ...codec.Event) error {
		args, err := handArgs(all)
		if err != nil {
			return err
		}
		_, err = tx.Statement.ConnPool.ExecContext(tx.Statement.Context, query, args...)
		return err
	}
}

const handHead = "INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, headers, payload) VALUES "

func handArgs(all []codec.Event) ([]any, error) {
	args := make([]any, 0, len(all)*6)
	for _, e := range all {
		payload, err := framed(e)
		if err != nil {
			return nil, err
		}
		id, err := newID()
		if err != nil {
			return nil, err
		}
		args = append(args, id, e.AvroSchema().Name(), int64(2), e.EventTopic(), e.EventKey(), payload)
	}
	return args, nil
}

// BenchmarkPublishWriters is a transaction of 8 writers that inserts a model's row
// and publishes 1 or 100 events: `ours` by outbox.Publish, `exec` by one INSERT
// through tx.Exec, `raw` by one INSERT on the transaction's connection, `model`
// without any. The servers wait for their disk. SQLite has one writer, as it takes one
// at a time.
func BenchmarkPublishWriters(b *testing.B) {
	mariadb := mariadbOnDisk(b)
	for _, kind := range []struct {
		name    string
		url     func(*testing.B) string
		writers int
	}{{"postgres", postgresOnDisk, 8}, {"mariadb", mariadb, 8}, {"sqlite", sqliteFile, 1}} {
		for _, n := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, n), func(b *testing.B) {
				p := withPublishing(b, kind.url(b), kind.writers)
				way := func(db *gorm.DB, publish publishWay) func(*testing.B) []float64 {
					return func(b *testing.B) []float64 { return p.round(b, db, n, publish) }
				}
				turnsOf(b, short(7, 31), watched, []side{
					{"ours", way(p.ours, outbox.Publish)},
					{"exec", way(p.plain, byHandMany)},
					{"raw", way(p.plain, byRaw(p.plain.Name(), n))},
					{"model", way(p.plain, modelOnly)},
				}, "ours/exec", "ours/raw", "ours/model", "exec/model")
			})
		}
	}
}
