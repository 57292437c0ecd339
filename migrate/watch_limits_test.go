package migrate_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// lasting is a statement that takes longer than a look is away, on each server.
var lasting = map[string]string{"postgres": "SELECT pg_sleep(2.5);", "mysql": "SELECT SLEEP(2.5);"}

// With one connection, or while the application uses the others, nothing can be
// seen, and nothing stands still for that.
func TestNoConnectionForProgress(t *testing.T) {
	t.Parallel()
	for most := range 2 {
		t.Run(fmt.Sprintf("%d free", most), func(t *testing.T) {
			t.Parallel()
			testenv.Databases(t, func(t *testing.T, url string) {
				db := open(t, url)
				statement, ok := lasting[db.Name()]
				if !ok {
					return
				}
				pool, err := db.DB()
				check(t, err)
				pool.SetMaxOpenConns(1 + most)
				if most == 1 {
					busy, err := pool.Conn(t.Context())
					check(t, err)
					defer func() { check(t, busy.Close()) }()
				}
				w := &witness{t: t}
				result, err := w.up(db, map[string]string{"1_last.sql": "-- +goose NO TRANSACTION\n" + up(statement)})
				check(t, err)
				if len(result.Applied) != 1 || len(w.seen) > 0 {
					t.Errorf("%d applied, told %+v, want 1 and nothing", len(result.Applied), w.seen)
				}
			})
		})
	}
}

// A statement that lasts is told of where nothing is counted, too: again and
// again, and not of those before and after it.
func TestProgressOfPlainStatement(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		statement, ok := lasting[db.Name()]
		if !ok {
			return
		}
		w := &witness{t: t}
		_, err := w.up(db, map[string]string{"1_last.sql": up("CREATE TABLE a (id integer);", statement, "CREATE TABLE b (id integer);")})
		check(t, err)
		if len(w.seen) == 0 || len(w.seen) > 2 {
			t.Fatalf("told %d times, want once or twice", len(w.seen))
		}
		for _, p := range w.seen {
			if p.Statement != 2 || p.Statements != 3 || p.Activity.Waited != 0 || p.Activity.Total != 0 {
				t.Errorf("%+v %+v", p, p.Activity)
			}
		}
	})
}

// A Go migration in a transaction works on the run's session, so it is seen.
func TestProgressOfGoMigration(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	w := &witness{t: t}
	last := goose.NewGoMigration(1, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, lasting["postgres"])
		return err
	}}, nil)
	source := migrate.NewSource("shared", files(nil), migrate.WithGoMigrations(last))
	mustUp(t, migrator(t, db, []migrate.Source{source}, migrate.WithProgress(w.hear)))
	if first := w.first(); first.Statement != 1 || first.Statements != 1 {
		t.Errorf("told %+v, want the migration as one statement", first)
	}
}

// A user who may not read InnoDB's tables migrates as well, and sees as much as
// the list of sessions says.
func TestProgressOfPlainUser(t *testing.T) {
	t.Parallel()
	direct := testenv.MariaDB(t)
	admin := open(t, direct)
	exec1(t, admin, "CREATE TABLE a (id integer PRIMARY KEY)")
	exec1(t, admin, "INSERT INTO a VALUES (1)")
	name := "u" + strings.ToLower(rand.Text()[:12])
	exec1(t, admin, fmt.Sprintf("CREATE USER %s@'%%' IDENTIFIED BY '%s'", name, name))
	t.Cleanup(func() { check(t, admin.WithContext(context.WithoutCancel(t.Context())).Exec("DROP USER "+name).Error) })
	exec1(t, admin, fmt.Sprintf("GRANT ALL ON %s.* TO %s", query(t, admin, "SELECT DATABASE()"), name))
	u, err := url.Parse(direct)
	check(t, err)
	u.User = url.UserPassword(name, name)
	_, finish := beside(t, direct, mysqlNumber, "UPDATE a SET id = 2")
	w := &witness{t: t}
	w.on = func(migrate.Progress) {
		if len(w.seen) == 2 { // what was refused does not end it
			finish()
		}
	}
	_, err = w.up(open(t, u.String()), map[string]string{"1_a.sql": up("UPDATE a SET id = 3 WHERE id = 1;")})
	check(t, err)
	for _, p := range w.seen {
		diff(t, "activity", migrate.Activity{Stage: "Updating"}, *p.Activity)
	}
}

// The run ends while it is watched.
func TestProgressOfEndedRun(t *testing.T) {
	t.Parallel()
	for dialect, url := range map[string]func(testing.TB) string{"postgres": testenv.Postgres, "mysql": testenv.MariaDB} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := open(t, url(t))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := &witness{t: t, on: func(migrate.Progress) { cancel() }}
			m := one(t, db, map[string]string{"1_last.sql": up(lasting[dialect])}, migrate.WithProgress(w.hear))
			if _, err := m.Up(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want the context's", err)
			}
			w.ended = true
			diff(t, "told", 1, len(w.seen))
			mustUp(t, one(t, db, map[string]string{"1_last.sql": up("CREATE TABLE a (id integer);")}))
		})
	}
}

// An invalid index is in the way, and a transaction in the way of dropping it.
func TestProgressOfDroppedIndex(t *testing.T) {
	t.Parallel()
	url := testenv.Postgres(t)
	db := open(t, url)
	mustUp(t, one(t, db, map[string]string{"1_create_a.sql": indexed["1_create_a.sql"]}))
	exec1(t, db, `CREATE INDEX "By N" ON a (n)`)
	exec1(t, db, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"By N"'::regclass`)
	session, finish := beside(t, url, postgresNumber, "INSERT INTO a VALUES (3, 3)")
	w := &witness{t: t, on: func(migrate.Progress) { finish() }}
	_, err := w.up(db, indexed)
	check(t, err)
	if a := w.first().Activity; len(a.BlockedBy) != 1 || a.BlockedBy[0].Session != session {
		t.Errorf("%+v, want to wait for session %d", a, session)
	}
	same(t, db, indexState, "true")
}
