package relay_test

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
)

// never is a relay that finds nothing unless it is told, but for its first reads.
func never() relay.Option { return relay.WithIdle(time.Hour, time.Hour) }

func installed(t *testing.T, db *gorm.DB) *outbox.Outbox {
	t.Helper()
	ob, ok := db.Config.Plugins["schemactl:outbox"].(*outbox.Outbox)
	if !ok {
		t.Fatal("the plugin is not installed")
	}
	return ob
}

// A relay in the process that publishes is told of each commit.
func TestWokenByCommits(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db, brokers := open(t, url, ""), testenv.KFake(t)
		cl := client(t, brokers)
		createTopic(t, cl, "changes")
		r, _ := running(t, db, cl, never(), relay.WithWake(installed(t, db).OnCommit))
		until(t, "it owns", func() bool { return r.Stats().Owner })
		for n := range int64(20) {
			publish(t, db, changes(1, n+1, n+1)...)
			until(t, "it is relayed", func() bool { return r.Stats().Relayed == n+1 })
		}
	})
}

// Relays of other processes are told by PostgreSQL.
func TestWokenByOtherProcesses(t *testing.T) {
	t.Parallel()
	url := testenv.Postgres(t)
	db, brokers := open(t, url, ""), testenv.KFake(t)
	cl := client(t, brokers)
	createTopic(t, cl, "changes")
	r, stop := running(t, connect(t, url), cl, never())
	until(t, "it owns", func() bool { return r.Stats().Owner })
	until(t, "it listens", func() bool {
		var n int
		if err := db.Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %schemactl_outbox%'").Scan(&n).Error; err != nil {
			t.Error(err)
		}
		return n == 1
	})
	for n := range int64(20) {
		publish(t, db, changes(1, n+1, n+1)...)
		until(t, "it is relayed", func() bool { return r.Stats().Relayed == n+1 })
	}
	// The connection that listens breaks: events are found when it stands again.
	if err := db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %schemactl_outbox%'").Error; err != nil {
		t.Fatal(err)
	}
	publish(t, db, changes(1, 21, 21)...)
	until(t, "it is relayed", func() bool { return r.Stats().Relayed == 21 })
	stop()
}

// Only a commit with events is told of, whatever the transaction was made of.
func TestOnCommit(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url, "")
		told := 0
		stop := installed(t, db).OnCommit(func() bool { told++; return true })
		one := func(tx *gorm.DB) error { return outbox.Publish(tx, changes(1, 1, 1)...) }
		prepared := db.Session(&gorm.Session{PrepareStmt: true})
		for _, tt := range []struct {
			name string
			do   func() error
			want int
		}{
			{"a transaction", func() error { return db.Transaction(one) }, 1},
			{"prepared statements", func() error { return prepared.Transaction(one) }, 1},
			{"nested", func() error {
				return db.Transaction(func(tx *gorm.DB) error { return tx.Transaction(one) })
			}, 1},
			{"by hand", func() error {
				tx := db.Begin()
				return errors.Join(tx.Error, one(tx), tx.Commit().Error)
			}, 1},
			{"nothing published", func() error {
				return db.Transaction(func(tx *gorm.DB) error { return tx.Exec("INSERT INTO scratch (writer) VALUES (1)").Error })
			}, 0},
			{"rolled back", func() error {
				if err := db.Transaction(func(tx *gorm.DB) error { return errors.Join(one(tx), errRolledBack) }); !errors.Is(err, errRolledBack) {
					return err
				}
				return nil
			}, 0},
		} {
			before := told
			if err := tt.do(); err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if n := told - before; n != tt.want {
				t.Errorf("%s: told %d times, want %d", tt.name, n, tt.want)
			}
		}
		stop()
		if err := db.Transaction(one); err != nil {
			t.Fatal(err)
		}
		if told != 4 {
			t.Errorf("told %d times, want 4: once stopped no more", told)
		}
		if err := db.Transaction(func(tx *gorm.DB) error {
			pool, err := tx.DB()
			if err == nil {
				err = pool.PingContext(t.Context())
			}
			return err
		}); err != nil {
			t.Errorf("tx.DB(): %v", err)
		}
	})
}

// A handle that prepares all its statements stays one, for those who look for that.
func TestPreparingHandle(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		plain := open(t, url, "")
		db, err := gorm.Open(plain.Dialector, &gorm.Config{PrepareStmt: true}) // over the same connections
		if err != nil {
			t.Fatal(err)
		}
		ob := installed(t, plain)
		if err := db.Use(ob); err != nil {
			t.Fatal(err)
		}
		told := 0
		defer ob.OnCommit(func() bool { told++; return true })()
		for range 2 {
			if err := db.Transaction(func(tx *gorm.DB) error {
				return tx.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, changes(1, 1, 1)...) })
			}); err != nil {
				t.Fatal(err)
			}
		}
		if told != 2 {
			t.Errorf("told %d times, want 2", told)
		}
		if _, ok := db.ConnPool.(*gorm.PreparedStmtDB); !ok {
			t.Errorf("the pool is a %T", db.ConnPool)
		}
	})
}
