package migrate_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
	"github.com/schemactl/schemactl/migrate"
)

// refusesToWrite checks that all that changes something is refused with the way
// out before anything is done, that reading works, and that an up with nothing to
// do is content.
func refusesToWrite(t *testing.T, db *gorm.DB, applied map[string]string, way string) {
	t.Helper()
	if result := mustUp(t, one(t, db, applied)); len(result.Applied) > 0 {
		t.Errorf("with nothing to do: applied %v", names(result.Applied))
	}
	more := maps.Clone(applied)
	more["9_z.sql"] = up("INSERT INTO a (id) VALUES (9);") // could run before its record
	begun := 0
	m := one(t, db, more, migrate.WithProgress(func(p migrate.Progress) {
		if p.Phase == migrate.PhaseStatement {
			begun++
		}
	}))
	for what, run := range map[string]func() error{
		"up":   func() error { return second(m.Up(t.Context())) },
		"down": func() error { return second(m.Down(t.Context(), migrate.DownOptions{})) },
		"to":   func() error { return second(m.To(t.Context(), "shared", 1)) },
		"redo": func() error { return second(m.Redo(t.Context(), migrate.RedoOptions{})) },
		"baseline": func() error {
			return second(m.Baseline(t.Context(), "shared", 9, migrate.BaselineOptions{Force: true}))
		},
	} {
		err := run()
		if !errors.Is(err, migrate.ErrReadOnly) || !strings.Contains(err.Error(), way) {
			t.Errorf("%s: %v, want ErrReadOnly with %q", what, err, way)
		}
	}
	if begun > 0 && db.Name() != "sqlite" {
		t.Errorf("%d statements were begun", begun)
	}
	if _, err := m.Plan(t.Context()); err != nil {
		t.Errorf("plan: %v", err)
	}
	if v, err := m.Verify(t.Context()); err != nil || v.NotReady == nil || len(v.NotReady.Pending) != 1 {
		t.Errorf("verify: %+v, %v", v, err)
	}
	status, err := m.Status(t.Context())
	check(t, err)
	diff(t, "status", []string{"1 a applied", "2 b applied", "3 c applied", "9 z pending"}, lines(status))
	same(t, db, "SELECT count(*) FROM schemactl_history", "3")
}

// A hot standby gives out advisory locks of its own, which keep nobody out at the
// primary.
func TestReplica(t *testing.T) {
	t.Parallel()
	primary := testenv.Own(t, server.Postgres)
	replica := testenv.Replica(t, primary)
	mustUp(t, one(t, open(t, primary.Value), numbered()))
	db := open(t, replica.Value)
	eventually(t, "the replay of the migrations", func() bool {
		pending, err := one(t, db, numbered()).Pending(t.Context())
		return err == nil && len(pending) == 0
	})
	address, _, _ := strings.Cut(primary.Value[strings.Index(primary.Value, "@")+1:], "/")
	refusesToWrite(t, db, numbered(), "replica of "+address+": migrate at the primary")
	same(t, db, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "0")
}

func TestReadOnlySetting(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		url := testenv.SQLite(t)
		mustUp(t, one(t, open(t, url), numbered()))
		for _, setting := range []string{"mode=ro", "immutable=1"} {
			refusesToWrite(t, open(t, url+"?"+setting), numbered(), "without mode=ro and immutable=1")
		}
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := testenv.Postgres(t)
		db := open(t, url)
		mustUp(t, one(t, db, numbered()))
		exec1(t, db, "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET default_transaction_read_only = on'; END $$")
		refusesToWrite(t, open(t, url), numbered(), "default_transaction_read_only")
		mustUp(t, one(t, open(t, url+"&default_transaction_read_only=off"), map[string]string{"4_d.sql": up("CREATE TABLE d (id integer);")}))
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		s := testenv.Own(t, server.MariaDB)
		root := open(t, s.Value)
		for _, text := range []string{
			"CREATE DATABASE shop", "CREATE USER app", "GRANT ALL ON shop.* TO app", "CREATE DATABASE fresh", "GRANT ALL ON fresh.* TO app",
		} {
			exec1(t, root, text)
		}
		url := strings.Replace(strings.Replace(s.Value, "root@", "app@", 1), "/mysql", "/shop", 1)
		mustUp(t, one(t, open(t, url), numbered()))
		exec1(t, root, "SET GLOBAL read_only = 1")
		refusesToWrite(t, open(t, url), numbered(), "migrate at the primary")
		fresh := strings.Replace(url, "/shop", "/fresh", 1)
		if err := second(one(t, open(t, fresh), numbered()).Up(t.Context())); !errors.Is(err, migrate.ErrReadOnly) {
			t.Errorf("first up: %v, want ErrReadOnly", err)
		}
		// Who may write all the same, may migrate.
		mustUp(t, one(t, open(t, strings.Replace(fresh, "app@", "root@", 1)), numbered()))
	})
}
