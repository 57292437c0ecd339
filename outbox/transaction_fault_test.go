package outbox_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

// TestPublishAfterTheEnd: nothing waits for what will not come.
func TestPublishAfterTheEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(tx *gorm.DB, cancel func()){
		"COMMIT":   func(tx *gorm.DB, _ func()) { tx.Commit() },
		"ROLLBACK": func(tx *gorm.DB, _ func()) { tx.Rollback() },
		"context":  func(_ *gorm.DB, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tx := w.WithContext(ctx).Begin()
			end(tx, cancel)
			if err := outbox.Publish(tx, numbered(1)); !errors.Is(err, sql.ErrTxDone) && !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want that the transaction has ended", err)
			}
			if err := tx.Commit().Error; err == nil {
				t.Error("commits once more")
			}
			w.idle(t)
			w.want(t, 0)
		})
	}
	t.Run("context of the call", func(t *testing.T) {
		t.Parallel()
		w := watch(t)
		err := w.Transaction(func(tx *gorm.DB) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := outbox.Publish(tx.WithContext(ctx), numbered(1)); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want %v", err, context.Canceled)
			}
			if err := outbox.Publish(tx, numbered(2)); err != nil {
				return err
			}
			if err := tx.WithContext(ctx).Exec("SELECT 1").Error; !errors.Is(err, context.Canceled) {
				t.Errorf("statement: error %v, want %v", err, context.Canceled)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.want(t, 0, 2)
	})
}

// TestPublishedErrorIsTheCause: applications look at the code of an error to try again,
// wherever it comes out.
func TestPublishedErrorIsTheCause(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]func(tx *gorm.DB) error{
		"Exec": func(tx *gorm.DB) error { return tx.Exec("SELECT 1").Error },
		"Scan": func(tx *gorm.DB) error { var n int; return tx.Raw("SELECT 1").Scan(&n).Error },
		"Row":  func(tx *gorm.DB) error { var n int; return tx.Raw("SELECT ?::int", 1).Row().Scan(&n) },
		"nested transaction": func(tx *gorm.DB) error {
			return tx.Transaction(func(*gorm.DB) error { return nil })
		},
		"Commit": func(*gorm.DB) error { return nil },
	} {
		for _, prepares := range []bool{false, true} {
			t.Run(fmt.Sprint(name, prepares), func(t *testing.T) {
				t.Parallel()
				w := watch(t)
				db := w.Session(&gorm.Session{PrepareStmt: prepares})
				err := db.Transaction(func(tx *gorm.DB) error {
					if err := outbox.Publish(tx, numbered(-1)); err != nil {
						return err
					}
					return statement(tx)
				})
				if !isCheck(err) || !strings.Contains(err.Error(), "publish test.Order: insert into outbox_events: ") {
					t.Errorf("error %v, want the constraint's", err)
				}
				w.idle(t)
				w.want(t, 0)
			})
		}
	}
}

// TestPublishedWithoutStatements: what was prepared may be gone, whichever way rows are
// written. It fails once at most.
func TestPublishedWithoutStatements(t *testing.T) {
	t.Parallel()
	ways := map[string]func(db *gorm.DB, n int64) error{
		"with COMMIT": func(db *gorm.DB, n int64) error {
			return db.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, numbered(n)) })
		},
		"ahead of a statement": func(db *gorm.DB, n int64) error {
			return db.Transaction(func(tx *gorm.DB) error {
				return errors.Join(outbox.Publish(tx, numbered(n)), tx.Exec("SELECT 1").Error)
			})
		},
	}
	check := func(t *testing.T, db *gorm.DB) {
		t.Helper()
		for name, way := range ways {
			if err := errors.Join(way(db, 1), db.Exec("DISCARD ALL").Error); err != nil {
				t.Fatal(err)
			}
			var failed []error
			for i := range int64(4) {
				if err := way(db, 2+i); err != nil {
					failed = append(failed, err)
				}
			}
			if len(failed) > 1 {
				t.Errorf("%s: %d of 4 failed: %v", name, len(failed), failed[1])
			}
		}
	}
	t.Run("pool of database/sql", func(t *testing.T) {
		t.Parallel()
		check(t, watch(t).DB)
	})
	t.Run("pool of pgx", func(t *testing.T) {
		t.Parallel()
		url := testenv.Postgres(t)
		open(t, url)
		cfg, err := pgxpool.ParseConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		cfg.MaxConns = 1
		inner, err := pgxpool.NewWithConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(inner.Close)
		pool := stdlib.OpenDBFromPool(inner)
		t.Cleanup(func() { _ = pool.Close() })
		db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(install(t, db).OnCommit(func() bool { return true }))
		check(t, db)
	})
}

// TestPublishedKeepsFewStatements: a connection does not fill up, however many rows wait.
func TestPublishedKeepsFewStatements(t *testing.T) {
	t.Parallel()
	w := watch(t)
	var next int64
	for n := 1; n <= 128; n++ {
		err := w.Transaction(func(tx *gorm.DB) error {
			for range n {
				if err := outbox.Publish(tx, numbered(next)); err != nil {
					return err
				}
				next++
			}
			if n%2 == 0 {
				return nil
			}
			return tx.Exec("SELECT 1").Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var kept int
	if err := w.Raw("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'schemactl%'").Scan(&kept).Error; err != nil {
		t.Fatal(err)
	}
	if kept != 9 { // of 1, 2, 4, … 128 rows, and COMMIT
		t.Errorf("%d statements are prepared, want 9", kept)
	}
}

// keyed gives its own buffer as key, and goes on using it.
type keyed struct {
	order
	key []byte
}

func (k *keyed) EventKey() []byte { return k.key }

func TestPublishedKeyIsCopied(t *testing.T) {
	t.Parallel()
	w := watch(t)
	err := w.Transaction(func(tx *gorm.DB) error {
		e := &keyed{}
		for i := range 3 {
			e.key = append(e.key[:0], byte('a'+i))
			if err := outbox.Publish(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var keys string
	if err := w.Raw("SELECT string_agg(convert_from(event_key, 'UTF8'), '' ORDER BY id) FROM outbox_events").Scan(&keys).Error; err != nil {
		t.Fatal(err)
	}
	if keys != "abc" {
		t.Errorf("keys %q, want abc", keys)
	}
}

// TestPublishedHeadersCount: what waits is bounded with all that a row has.
func TestPublishedHeadersCount(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	large := strings.Repeat("h", 100_000)
	install(t, db, outbox.WithHeaders(func(context.Context) map[string]string { return map[string]string{"h": large} }))
	err := db.Transaction(func(tx *gorm.DB) error {
		for i := range int64(4) {
			if err := outbox.Publish(tx, numbered(i)); err != nil {
				return err
			}
		}
		var drawn bool // a sequence shows everybody what was written
		if err := db.Raw("SELECT is_called FROM outbox_events_id_seq").Scan(&drawn).Error; err != nil {
			return err
		}
		if !drawn {
			t.Error("400 KB wait, want 256 KiB at most")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// noisy has the server say something while a transaction with events commits.
func noisy(t *testing.T, w *watched) {
	t.Helper()
	for _, statement := range []string{
		`CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'commit'; RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER say AFTER INSERT ON outbox_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION say()`,
	} {
		if err := w.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// TestPublishedAndGivenUpInCommit ends the context while the server commits, and a moment
// later or earlier.
func TestPublishedAndGivenUpInCommit(t *testing.T) {
	t.Parallel()
	var hook atomic.Pointer[func()]
	w := watch(t, func(c *pgx.ConnConfig) { c.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) { (*hook.Load())() } })
	noisy(t, w)
	committed := map[int64]bool{}
	for n := range int64(60) {
		ctx, cancel := context.WithCancel(t.Context())
		said := func() { time.AfterFunc(time.Duration(n%6)*100*time.Microsecond, cancel) }
		if n%6 == 0 {
			said = cancel
		}
		hook.Store(&said)
		err := w.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, numbered(n)) })
		cancel()
		if err == nil {
			committed[n] = true
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		w.idle(t)
	}
	for _, n := range w.sequences(t) {
		delete(committed, n)
	}
	if len(committed) > 0 {
		t.Errorf("%d transactions committed, and their events are not there", len(committed))
	}
}

// TestPublishedAndPanicked: who is told of notices may panic amid COMMIT.
func TestPublishedAndPanicked(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	w := watch(t, func(c *pgx.ConnConfig) {
		c.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {
			if armed.Load() {
				panic("handler")
			}
		}
	})
	noisy(t, w)
	armed.Store(true)
	got := func() (got any) {
		defer func() { got = recover() }()
		return w.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, numbered(1)) })
	}()
	if got != "handler" {
		t.Errorf("panic %v, want the handler's", got)
	}
	w.idle(t)
}

// TestRollbackAheadOfClose: rows whose bytes are looked at hold up database/sql's end of a
// transaction, and nobody else.
func TestEndAheadOfClose(t *testing.T) {
	t.Parallel()
	w := watch(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tx := w.WithContext(ctx).Begin()
	rows, err := tx.Raw("SELECT generate_series(1, 10)::text").Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var raw sql.RawBytes
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := rows.Scan(&raw); err != nil {
		t.Fatal(err)
	}
	cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !errors.Is(tx.Session(&gorm.Session{}).Commit().Error, sql.ErrTxDone) { // until database/sql is about to end it
			time.Sleep(time.Millisecond)
		}
		tx.Rollback()
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the end waits for rows to be closed")
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	w.idle(t)
}

// TestBrokenConnectionsAreDropped: many contexts end at once, and nobody else gets the
// connections of their transactions.
func TestBrokenConnectionsAreDropped(t *testing.T) {
	t.Parallel()
	w := watch(t)
	const connections = 20
	w.pool(t).SetMaxOpenConns(connections)
	w.pool(t).SetMaxIdleConns(connections)
	var read, bad atomic.Int64
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 * connections {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var n int
				switch err := w.pool(t).QueryRowContext(t.Context(), "SELECT 1").Scan(&n); {
				case errors.Is(err, driver.ErrBadConn):
					bad.Add(1)
				case err == nil:
					read.Add(1)
				}
			}
		})
	}
	for range 40 {
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range connections - 2 {
			all.Go(func() {
				if tx := w.WithContext(ctx).Begin(); tx.Error == nil {
					_ = outbox.Publish(tx, numbered(1)) // it may have ended
					<-ctx.Done()
					tx.Rollback()
				}
			})
		}
		time.AfterFunc(20*time.Millisecond, cancel)
		all.Wait()
		cancel()
	}
	close(stop)
	readers.Wait()
	if bad.Load() > 0 || read.Load() == 0 {
		t.Errorf("%d of %d reads got a connection that was broken", bad.Load(), bad.Load()+read.Load())
	}
	w.want(t, 0)
}

// TestTransactionOfSeveral: goroutines may share a transaction that publishes nothing.
func TestTransactionOfSeveral(t *testing.T) {
	t.Parallel()
	w := watch(t)
	for _, prepares := range []bool{false, true} {
		err := w.Session(&gorm.Session{PrepareStmt: prepares}).Transaction(func(tx *gorm.DB) error {
			failed := make([]error, 4)
			var all sync.WaitGroup
			for i := range failed {
				all.Go(func() {
					for range 20 {
						failed[i] = errors.Join(failed[i], tx.Session(&gorm.Session{NewDB: true}).Exec("SET LOCAL work_mem = '4MB'").Error)
					}
				})
			}
			all.Wait()
			return errors.Join(failed...)
		})
		if err != nil {
			t.Error(err)
		}
	}
}

var _ codec.Event = (*keyed)(nil)
