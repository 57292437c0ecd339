package outbox_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

// wire is what goes over the only connection of a pool.
type wire struct {
	net.Conn
	sent *atomic.Int64 // messages, as they are flushed
}

func (w wire) Write(b []byte) (int, error) {
	w.sent.Add(1)
	return w.Conn.Write(b)
}

// watched is a handle on PostgreSQL with a pool of one connection.
type watched struct {
	*gorm.DB
	sent    atomic.Int64
	notices atomic.Int64 // of the server
}

// watch opens a migrated database that has a table plain (id, parent), whose parent is
// checked at COMMIT, and no events but those of topic orders.
func watch(t *testing.T, settings ...func(*pgx.ConnConfig)) *watched {
	t.Helper()
	url := testenv.Postgres(t)
	admin := open(t, url)
	for _, statement := range []string{
		"CREATE TABLE plain (id bigint PRIMARY KEY, parent bigint REFERENCES plain DEFERRABLE INITIALLY DEFERRED)",
		"ALTER TABLE outbox_events ADD CONSTRAINT no_negatives CHECK (sequence >= 0)",
	} {
		if err := admin.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	w := &watched{}
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return wire{conn, &w.sent}, err
	}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		w.notices.Add(1)
		t.Errorf("the server says %s: %s", n.Severity, n.Message)
	}
	for _, set := range settings {
		set(cfg)
	}
	pool := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	w.DB, err = gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	stop := install(t, w.DB).OnCommit(func() bool { return true }) // so that it tells nobody by the pool
	t.Cleanup(stop)
	return w
}

func (w *watched) pool(t *testing.T) *sql.DB {
	t.Helper()
	pool, err := w.DB.DB()
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// idle fails unless the pool's connection is free, and outside any transaction.
func (w *watched) idle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
	defer cancel()
	var before, after string
	for _, xid := range []*string{&before, &after} {
		if err := w.pool(t).QueryRowContext(ctx, "SELECT pg_current_xact_id()::text").Scan(xid); err != nil {
			t.Fatalf("the pool's connection after a transaction: %v", err)
		}
	}
	if before == after {
		t.Error("the pool's connection is in a transaction")
	}
	begin := time.Now()
	for w.pool(t).Stats().InUse > 0 { // one that is being closed still counts
		if time.Since(begin) > 10*time.Second {
			t.Fatal("a connection is still in use")
		}
		time.Sleep(time.Millisecond)
	}
}

func numbered(n int64) *order { return &order{ID: 1, Version: n} }

func (w *watched) sequences(t *testing.T) []int64 {
	t.Helper()
	got := []int64{}
	for _, r := range rows(t, w.DB.WithContext(context.WithoutCancel(t.Context()))) {
		got = append(got, *r.Sequence)
	}
	return got
}

func (w *watched) want(t *testing.T, plain int, sequences ...int64) {
	t.Helper()
	if diff := cmp.Diff(append([]int64{}, sequences...), w.sequences(t)); diff != "" {
		t.Errorf("sequences (-want +got):\n%s", diff)
	}
	if n := count(t, w.DB.WithContext(context.WithoutCancel(t.Context())), "plain"); n != plain {
		t.Errorf("%d rows in plain, want %d", n, plain)
	}
}

// TestPublishedWithCommit counts what is sent: BEGIN, the row, and the events together
// with COMMIT.
func TestPublishedWithCommit(t *testing.T) {
	t.Parallel()
	w := watch(t)
	for i := range int64(4) {
		var all []codec.Event
		for k := range int64(3) {
			all = append(all, numbered(i*10+k))
		}
		before := w.sent.Load()
		err := w.Transaction(func(tx *gorm.DB) error {
			return errors.Join(
				tx.Exec("INSERT INTO plain (id) VALUES (?)", i).Error,
				outbox.Publish(tx, all[0]),
				outbox.Publish(tx, all[1:]...),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
		// The first time three statements are prepared: of one row and of two, and COMMIT.
		if sent := w.sent.Load() - before; i > 0 && sent != 3 {
			t.Errorf("transaction %d: %d messages sent, want 3", i, sent)
		}
		w.idle(t)
	}
	w.want(t, 4, 0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32)
}

// TestPublishedBeforeStatement: each kind of statement finds what was published before.
func TestPublishedBeforeStatement(t *testing.T) {
	t.Parallel()
	const query = "SELECT count(*) FROM outbox_events"
	ways := map[string]func(tx *gorm.DB, n *int) error{
		"Scan": func(tx *gorm.DB, n *int) error { return tx.Raw(query).Scan(n).Error },
		"Row":  func(tx *gorm.DB, n *int) error { return tx.Raw(query).Row().Scan(n) },
		"Exec": func(tx *gorm.DB, n *int) error {
			done := tx.Exec("UPDATE outbox_events SET sequence = sequence")
			*n = int(done.RowsAffected)
			return done.Error
		},
		"Prepare": func(tx *gorm.DB, n *int) error {
			stmt, err := tx.Statement.ConnPool.PrepareContext(tx.Statement.Context, query)
			if err != nil {
				return err
			}
			defer func() { _ = stmt.Close() }()
			return stmt.QueryRowContext(tx.Statement.Context).Scan(n)
		},
		"PrepareStmt": func(tx *gorm.DB, n *int) error {
			return tx.Session(&gorm.Session{PrepareStmt: true}).Raw(query).Scan(n).Error
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t)
			err := w.Transaction(func(tx *gorm.DB) error {
				for i := 1; i <= 3; i++ {
					if err := outbox.Publish(tx, numbered(int64(i))); err != nil {
						return err
					}
					n := 0
					if err := way(tx, &n); err != nil {
						return err
					}
					if n != i {
						t.Errorf("%d rows seen after %d events", n, i)
					}
				}
				return outbox.Publish(tx, numbered(4))
			})
			if err != nil {
				t.Fatal(err)
			}
			w.idle(t)
			w.want(t, 0, 1, 2, 3, 4)
		})
	}
}

// TestPublishedBeforePrepared: the same of statements that GORM keeps for all transactions.
func TestPublishedBeforePrepared(t *testing.T) {
	t.Parallel()
	w := watch(t)
	db := w.Session(&gorm.Session{PrepareStmt: true})
	seen := func(tx *gorm.DB) (n int) {
		if err := tx.Raw("SELECT count(*) FROM outbox_events").Scan(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	seen(db)
	err := db.Transaction(func(tx *gorm.DB) error {
		for i := range 3 {
			if err := outbox.Publish(tx, numbered(int64(i))); err != nil {
				return err
			}
			if n := seen(tx); n != i+1 {
				t.Errorf("%d rows seen after %d events", n, i+1)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.idle(t)
	w.want(t, 0, 0, 1, 2)
}

// TestPublishedBeforeHeld: a savepoint by a statement that was bound to the transaction
// before anything was published.
func TestPublishedBeforeHeld(t *testing.T) {
	t.Parallel()
	w := watch(t)
	savepoint, err := w.pool(t).PrepareContext(t.Context(), "SAVEPOINT a")
	if err != nil {
		t.Fatal(err)
	}
	err = w.Transaction(func(tx *gorm.DB) error {
		conn, ok := tx.Statement.ConnPool.(gorm.Tx)
		if !ok {
			return fmt.Errorf("%T is no gorm.Tx", tx.Statement.ConnPool)
		}
		held := conn.StmtContext(t.Context(), savepoint)
		defer func() { _ = held.Close() }()
		if err := outbox.Publish(tx, numbered(1)); err != nil {
			return err
		}
		if _, err := held.ExecContext(t.Context()); err != nil {
			return err
		}
		return errors.Join(outbox.Publish(tx, numbered(2)), tx.Exec("ROLLBACK TO a").Error)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := savepoint.Close(); err != nil {
		t.Fatal(err)
	}
	w.idle(t)
	w.want(t, 0, 1)
}

func TestPublishedWithSavepoints(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	publish := func(tx *gorm.DB, n int64) func() error {
		return func() error { return outbox.Publish(tx, numbered(n)) }
	}
	exec := func(tx *gorm.DB, query string) func() error {
		return func() error { return tx.Exec(query).Error }
	}
	steps := func(all ...func() error) error {
		for _, step := range all {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}
	tests := []struct {
		name string
		run  func(tx *gorm.DB) error
		want []int64
	}{
		{"rolled back", func(tx *gorm.DB) error {
			return steps(publish(tx, 1), exec(tx, "SAVEPOINT a"), publish(tx, 2), exec(tx, "ROLLBACK TO SAVEPOINT a"), publish(tx, 3))
		}, []int64{1, 3}},
		{"rolled back in small letters, after a comment", func(tx *gorm.DB) error {
			return steps(publish(tx, 1), exec(tx, "savepoint a"), publish(tx, 2), exec(tx, "/* a */ rollback to a"), publish(tx, 3),
				exec(tx, "rollback to a"), publish(tx, 4))
		}, []int64{1, 4}},
		{"to the outer of two", func(tx *gorm.DB) error {
			return steps(exec(tx, "SAVEPOINT a"), publish(tx, 1), exec(tx, "SAVEPOINT b"), publish(tx, 2),
				exec(tx, "ROLLBACK TO a"), publish(tx, 3))
		}, []int64{3}},
		{"released", func(tx *gorm.DB) error {
			return steps(publish(tx, 1), exec(tx, "SAVEPOINT a"), publish(tx, 2), exec(tx, "RELEASE a"), publish(tx, 3))
		}, []int64{1, 2, 3}},
		{"prepared before", func(tx *gorm.DB) error {
			stmt, err := tx.Statement.ConnPool.PrepareContext(tx.Statement.Context, "SAVEPOINT a")
			if err != nil {
				return err
			}
			defer func() { _ = stmt.Close() }()
			return steps(publish(tx, 1), func() error { _, err := stmt.ExecContext(tx.Statement.Context); return err }, publish(tx, 2),
				exec(tx, "ROLLBACK TO a"), publish(tx, 3))
		}, []int64{1, 3}},
		{"after a blank and comments", func(tx *gorm.DB) error {
			return steps(exec(tx, "SAVEPOINT a"), publish(tx, -1), exec(tx, "\n -- one\n/* two /* three */ */ ROLLBACK TO a"), publish(tx, 2))
		}, []int64{2}},
		{"by a query", func(tx *gorm.DB) error {
			return steps(exec(tx, "SAVEPOINT a"), publish(tx, -1), func() error {
				var nothing []int
				return tx.Raw("ROLLBACK TO a").Scan(&nothing).Error
			}, publish(tx, 2))
		}, []int64{2}},
		{"in a transaction that has failed", func(tx *gorm.DB) error {
			return steps(exec(tx, "SAVEPOINT a"), func() error {
				if err := tx.Exec("SELECT 1/0").Error; sqlState(err) != "22012" {
					return err
				}
				return nil
			}, publish(tx, 1), exec(tx, "ROLLBACK TO a"), publish(tx, 2))
		}, []int64{2}},
		{"after what cannot be written", func(tx *gorm.DB) error {
			return steps(publish(tx, 1), exec(tx, "SAVEPOINT a"), publish(tx, -2),
				func() error {
					if err := tx.Exec("SELECT 1").Error; !isCheck(err) {
						return fmt.Errorf("statement after what cannot be written: %w", err)
					}
					return nil
				},
				exec(tx, "ROLLBACK TO a"), publish(tx, 3))
		}, []int64{1, 3}},
		{"nested transactions", func(tx *gorm.DB) error {
			return steps(publish(tx, 1), func() error {
				inner := tx.Transaction(func(tx *gorm.DB) error {
					return steps(publish(tx, 2), func() error {
						return tx.Transaction(func(tx *gorm.DB) error { return publish(tx, 3)() })
					}, func() error { return boom })
				})
				if !errors.Is(inner, boom) {
					return inner
				}
				return tx.Transaction(func(tx *gorm.DB) error { return publish(tx, 4)() })
			}, publish(tx, 5))
		}, []int64{1, 4, 5}},
		{"a nested transaction that panics", func(tx *gorm.DB) error {
			return steps(publish(tx, 1), func() (err error) {
				defer func() { _ = recover() }()
				return tx.Transaction(func(tx *gorm.DB) error { _ = publish(tx, 2)(); panic(boom) })
			}, publish(tx, 3))
		}, []int64{1, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := watch(t)
			if err := w.Transaction(tt.run); err != nil {
				t.Fatal(err)
			}
			w.idle(t)
			w.want(t, 0, tt.want...)
		})
	}
}

// TestPublishedAfterRawEnd: who ends a transaction by SQL goes on without one, and the
// connection with it.
func TestPublishedAfterRawEnd(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"ROLLBACK", "COMMIT"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(c *pgx.ConnConfig) { c.OnNotice = nil }) // the second end is none, as the server says
			for n := range int64(2) {
				err := w.Transaction(func(tx *gorm.DB) error {
					if err := tx.Exec(end).Error; err != nil {
						return err
					}
					if err := outbox.Publish(tx, numbered(2*n)); err != nil {
						return err
					}
					if err := tx.Exec("INSERT INTO plain (id) VALUES (?)", n).Error; err != nil {
						return err
					}
					return outbox.Publish(tx, numbered(2*n+1))
				})
				if err != nil {
					t.Fatal(err)
				}
				w.idle(t)
			}
			w.want(t, 2, 0, 1, 2, 3)
		})
	}
}

func isCheck(err error) bool { return sqlState(err) == "23514" }

func sqlState(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}

// TestPublishedCannotCommit: an error at COMMIT, of the events or its own, leaves nothing
// there and the connection usable.
func TestPublishedCannotCommit(t *testing.T) {
	t.Parallel()
	insert := func(tx *gorm.DB, values string) error {
		return tx.Exec("INSERT INTO plain (id, parent) VALUES " + values).Error
	}
	tests := []struct {
		name  string
		run   func(tx *gorm.DB) error
		state string
		text  string
		opts  *sql.TxOptions
	}{
		{"the event", func(tx *gorm.DB) error {
			return errors.Join(insert(tx, "(1, NULL)"), outbox.Publish(tx, numbered(1), numbered(-1)))
		}, "23514", "publish test.Order: insert into outbox_events: ", nil},
		{"the second event of three", func(tx *gorm.DB) error {
			return errors.Join(insert(tx, "(1, NULL)"), outbox.Publish(tx, numbered(1), numbered(-1), numbered(2)))
		}, "23514", "publish test.Order: insert into outbox_events: ", nil},
		{"COMMIT", func(tx *gorm.DB) error {
			return errors.Join(insert(tx, "(1, 2)"), outbox.Publish(tx, numbered(1)))
		}, "23503", "violates foreign key", nil},
		{"a failed transaction", func(tx *gorm.DB) error {
			if err := insert(tx, "(1, NULL), (1, NULL)"); sqlState(err) != "23505" {
				return err
			}
			return outbox.Publish(tx, numbered(1))
		}, "25P02", "publish test.Order: insert into outbox_events: ", nil},
		{"one that is to read only", func(tx *gorm.DB) error {
			return outbox.Publish(tx, numbered(1))
		}, "25006", "read-only transaction", &sql.TxOptions{ReadOnly: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := watch(t)
			for round := range 3 { // prepares in a failed transaction the first time
				opts := []*sql.TxOptions{}
				if tt.opts != nil {
					opts = append(opts, tt.opts)
				}
				err := w.Transaction(tt.run, opts...)
				if sqlState(err) != tt.state || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("round %d: error %v, want %s with %q", round, err, tt.state, tt.text)
				}
				w.idle(t)
				w.want(t, 0)
				if round == 1 { // and with everything prepared
					err := w.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, numbered(1), numbered(2), numbered(3)) })
					if err != nil {
						t.Fatal(err)
					}
					if err := w.Exec("DELETE FROM outbox_events").Error; err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// TestPublishedSerialization: a transaction that loses at COMMIT says so as without
// events, because applications look for the code to try again.
func TestPublishedSerialization(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.pool(t).SetMaxOpenConns(2)
	if err := w.Exec("INSERT INTO plain (id) VALUES (1), (2)").Error; err != nil {
		t.Fatal(err)
	}
	serializable := &sql.TxOptions{Isolation: sql.LevelSerializable}
	one, two := w.Begin(serializable), w.Begin(serializable)
	var n int64
	for _, tx := range []*gorm.DB{one, two} { // each reads what the other writes
		if err := tx.Table("plain").Count(&n).Error; err != nil {
			t.Fatal(err)
		}
	}
	for i, tx := range []*gorm.DB{one, two} {
		err := errors.Join(tx.Exec("INSERT INTO plain (id) VALUES (?)", 10+i).Error, outbox.Publish(tx, numbered(int64(i))))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := one.Commit().Error; err != nil {
		t.Fatal(err)
	}
	if err := two.Commit().Error; sqlState(err) != "40001" {
		t.Errorf("error %v, want a serialization failure", err)
	}
	w.want(t, 3, 0)
}

// TestPublishedAndGivenUp ends contexts at each point; the pool gets its connection back
// and nothing is there.
func TestPublishedAndGivenUp(t *testing.T) {
	t.Parallel()
	begin := func(w *watched, ctx context.Context) *gorm.DB {
		tx := w.WithContext(ctx).Begin()
		_ = tx.AddError(tx.Exec("INSERT INTO plain (id) VALUES (1)").Error)
		_ = tx.AddError(outbox.Publish(tx, numbered(1)))
		return tx
	}
	t.Run("before COMMIT", func(t *testing.T) {
		t.Parallel()
		w := watch(t)
		ctx, cancel := context.WithCancel(t.Context())
		tx := begin(w, ctx)
		if tx.Error != nil {
			t.Fatal(tx.Error)
		}
		cancel()
		if err := tx.Commit().Error; !errors.Is(err, context.Canceled) && !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		w.idle(t)
		w.want(t, 0)
	})
	t.Run("and left", func(t *testing.T) {
		t.Parallel()
		w := watch(t)
		ctx, cancel := context.WithCancel(t.Context())
		if tx := begin(w, ctx); tx.Error != nil {
			t.Fatal(tx.Error)
		}
		cancel()
		w.idle(t)
		w.want(t, 0)
	})
	t.Run("in COMMIT", func(t *testing.T) {
		t.Parallel()
		w := watch(t)
		if err := w.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, numbered(7)) }); err != nil {
			t.Fatal(err) // so that all is prepared
		}
		ctx, cancel := context.WithCancel(t.Context())
		tx := begin(w, ctx)
		if tx.Error != nil {
			t.Fatal(tx.Error)
		}
		stopped := make(chan error, 1)
		other := blocked(t, w)
		go func() {
			err := waitFor(other, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'outbox_events'::regclass")
			cancel()
			stopped <- err
		}()
		if err := tx.Commit().Error; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		// Until the server has heard of it, nobody knows what becomes of the transaction.
		gone := waitFor(other, "SELECT count(*) = 0 FROM pg_locks WHERE NOT granted AND relation = 'outbox_events'::regclass")
		if err := errors.Join(<-stopped, gone, other.Rollback().Error); err != nil {
			t.Fatal(err)
		}
		w.idle(t)
		w.want(t, 0, 7)
	})
	t.Run("by the server", func(t *testing.T) {
		t.Parallel()
		w := watch(t)
		tx := begin(w, t.Context())
		if tx.Error != nil {
			t.Fatal(tx.Error)
		}
		other := blocked(t, w)
		stopped := make(chan error, 1)
		go func() {
			stopped <- waitFor(other, `SELECT coalesce(bool_and(pg_terminate_backend(pid)), false) FROM pg_locks
				WHERE NOT granted AND relation = 'outbox_events'::regclass`)
		}()
		if err := tx.Commit().Error; sqlState(err) != "57P01" {
			t.Errorf("error %v, want that the server ended the connection", err)
		}
		if err := errors.Join(<-stopped, other.Rollback().Error); err != nil {
			t.Fatal(err)
		}
		w.idle(t)
		w.want(t, 0)
	})
}

// blocked holds up who writes events until it is rolled back.
func blocked(t *testing.T, w *watched) *gorm.DB {
	t.Helper()
	w.pool(t).SetMaxOpenConns(2)
	tx := w.WithContext(context.WithoutCancel(t.Context())).Begin()
	if err := tx.Exec("LOCK TABLE outbox_events IN SHARE MODE").Error; err != nil {
		t.Fatal(err)
	}
	return tx
}

func waitFor(db *gorm.DB, query string) error {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var yes bool
		if err := db.Raw(query).Scan(&yes).Error; err != nil || yes {
			return err
		}
	}
	return errors.New("waited for 10 s: " + query)
}

// TestPublishedWhileReading: rows that nobody closed are in the way, as of any statement.
func TestPublishedWhileReading(t *testing.T) {
	t.Parallel()
	w := watch(t)
	err := w.Transaction(func(tx *gorm.DB) error {
		rows, err := tx.Raw("SELECT generate_series(1, 100000)").Rows()
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		rows.Next()
		if err := rows.Err(); err != nil {
			return err
		}
		if err := outbox.Publish(tx, numbered(1)); err != nil {
			return err
		}
		return tx.Commit().Error
	})
	if err == nil || !strings.Contains(err.Error(), "conn busy") {
		t.Errorf("error %v, want that the connection is busy", err)
	}
	w.idle(t)
	w.want(t, 0)
}

// TestPublishedAfterDiscard: what was prepared on a connection may be gone.
func TestPublishedAfterDiscard(t *testing.T) {
	t.Parallel()
	w := watch(t)
	publish := func(n int64) error {
		return w.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, numbered(n)) })
	}
	if err := errors.Join(publish(1), w.Exec("DISCARD ALL").Error); err != nil {
		t.Fatal(err)
	}
	if err := publish(2); sqlState(err) != "26000" {
		t.Errorf("error %v, want that the statement is not there", err)
	}
	w.idle(t)
	if err := publish(3); err != nil {
		t.Error(err)
	}
	w.want(t, 0, 1, 3)
}

// traced is a tracer that nobody may be kept from.
type traced struct{ statements *[]string }

func (tr traced) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	*tr.statements = append(*tr.statements, strings.ToUpper(strings.Fields(data.SQL)[0]))
	return ctx
}

func (traced) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestPublishedWithSettings: what pgx is told by its user is kept.
func TestPublishedWithSettings(t *testing.T) {
	t.Parallel()
	var seen []string
	settings := map[string]func(*pgx.ConnConfig){
		"simple": func(c *pgx.ConnConfig) { c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol },
		"exec":   func(c *pgx.ConnConfig) { c.DefaultQueryExecMode = pgx.QueryExecModeExec },
		"tracer": func(c *pgx.ConnConfig) { c.Tracer = traced{&seen} },
	}
	for name, set := range settings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, set)
			seen := &seen
			err := w.Transaction(func(tx *gorm.DB) error {
				*seen = nil
				return outbox.Publish(tx, numbered(1))
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"INSERT", "COMMIT"}, *seen); name == "tracer" && diff != "" {
				t.Errorf("traced (-want +got):\n%s", diff)
			}
			if name != "tracer" {
				var kept int
				if err := w.Raw("SELECT count(*) FROM pg_prepared_statements").Scan(&kept).Error; err != nil || kept != 0 {
					t.Errorf("%d statements are prepared (%v), want none", kept, err)
				}
			}
			w.idle(t)
			w.want(t, 0, 1)
		})
	}
}

// TestPublishedInOrder mixes everything that has events written earlier or later.
func TestPublishedInOrder(t *testing.T) {
	t.Parallel()
	w := watch(t)
	random := rand.New(rand.NewPCG(3, 5))
	large := strings.Repeat("x", 100_000)
	var next int64
	for range 40 {
		err := w.Transaction(func(tx *gorm.DB) error {
			for range random.IntN(12) {
				var all []codec.Event
				for range []int{0, 1, 2, 3, 127, 128, 129, 300}[random.IntN(8)] {
					e := numbered(next)
					if random.IntN(100) == 0 {
						e.Note = large
					}
					all = append(all, e)
					next++
				}
				if err := outbox.Publish(tx, all...); err != nil {
					return err
				}
				if random.IntN(3) == 0 {
					if err := tx.Exec("SELECT 1").Error; err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	got := w.sequences(t)
	if int64(len(got)) != next {
		t.Fatalf("%d events, want %d", len(got), next)
	}
	for i, n := range got {
		if n != int64(i) {
			t.Fatalf("event %d comes in place %d", n, i)
		}
	}
	w.idle(t)
}

// TestPublishedTogetherOrNotAtAll: transactions whose contexts end at any moment leave
// the row and its events, or neither; what committed is there.
func TestPublishedTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.pool(t).SetMaxOpenConns(4)
	const writers = 8
	var committed sync.Map
	var done, lost atomic.Int64
	var all sync.WaitGroup
	end := time.Now().Add(3 * time.Second)
	for i := range int64(writers) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for n := i; time.Now().Before(end); n += writers {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(12_000))*time.Microsecond)
				err := w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
					return errors.Join(tx.Exec("INSERT INTO plain (id) VALUES (?)", n).Error, outbox.Publish(tx, numbered(n)))
				})
				cancel()
				if err == nil {
					committed.Store(n, true)
					done.Add(1)
				} else {
					lost.Add(1)
				}
			}
		})
	}
	all.Wait()
	if done.Load() == 0 || lost.Load() == 0 {
		t.Fatalf("%d transactions committed, %d did not: want some of both", done.Load(), lost.Load())
	}
	var apart []int64
	err := w.Raw(`SELECT coalesce(p.id, e.sequence) FROM plain p FULL JOIN outbox_events e ON e.sequence = p.id
		WHERE p.id IS NULL OR e.sequence IS NULL`).Scan(&apart).Error
	if err != nil {
		t.Fatal(err)
	}
	if len(apart) > 0 {
		t.Errorf("%d rows without an event, or events without a row: %v", len(apart), apart[:1])
	}
	there := map[int64]bool{}
	for _, n := range w.sequences(t) {
		if there[n] {
			t.Errorf("event %d is there twice", n)
		}
		there[n] = true
	}
	committed.Range(func(n, _ any) bool {
		if !there[n.(int64)] {
			t.Errorf("transaction %d committed and its event is not there", n)
		}
		return true
	})
	w.pool(t).SetMaxOpenConns(1)
	w.idle(t)
}
