package migrate_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// Sixteen processes meet an empty database at once. Each must succeed, and each
// migration must run once: the data says so, not only the records.
func TestProcessesAtOnce(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		processes := make([]*process, 16)
		for i := range processes {
			processes[i] = start(t, url)
		}
		begin := time.Now()
		for _, p := range processes {
			check(t, p.stdin.Close())
		}
		total := 0
		for i, p := range processes {
			n, err := p.applied()
			if err != nil {
				t.Errorf("process %d: %v", i, err)
			}
			total += n
		}
		t.Logf("all done after %v", time.Since(begin))
		if total != shopFiles {
			t.Errorf("%d migrations reported as applied, want %d", total, shopFiles)
		}
		db := open(t, url)
		same(t, db, "SELECT name, price FROM items ORDER BY name", "eraser 800; ink; blue 400; paper 600; pen 200")
		same(t, db, "SELECT id, body FROM notes", "1 first")
		same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id",
			"0; 20260101000000; 20260102000000; 20260103000000; 20260104000000; 20260105000000")
		same(t, db, "SELECT version_id FROM goose_db_version_notes ORDER BY id", "0; 20260101000000; 20260103120000")
		same(t, db, "SELECT source, version FROM schemactl_history ORDER BY id", "shared 20260101000000; "+
			"notes 20260101000000; shared 20260102000000; shared 20260103000000; notes 20260103120000; "+
			"shared 20260104000000; shared 20260105000000")
		same(t, db, "SELECT DISTINCT state, direction, application FROM schemactl_history", "applied up helper")
	})
}

// A process is killed while the server works for it. The next one does the file
// anew, or goes on with it where nothing was in doubt; no row is there twice.
func TestHolderKilled(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"transaction", "steps"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			testenv.Databases(t, func(t *testing.T, url string) { holderKilled(t, url, mode) })
		})
	}
}

func holderKilled(t *testing.T, url, mode string) {
	t.Helper()
	db := open(t, url)
	pool, err := db.DB()
	check(t, err)
	p := start(t, url, "MIGRATE_TEST_SLOW="+mode)
	check(t, p.stdin.Close())
	eventually(t, "the slow file", func() bool {
		lock, err := dblock.Try(t.Context(), pool, db.Name(), "migrate", dblock.Holder{})
		if err == nil {
			check(t, lock.Release(t.Context()))
			return false
		}
		held, ok := errors.AsType[*dblock.HeldError](err)
		return ok && strings.Contains(held.Holder.Doing, "2_fill_slow.sql")
	})
	if mode == "steps" {
		eventually(t, "the first statement", func() bool { return query(t, db, "SELECT id FROM slow") == "1" })
	}
	check(t, p.cmd.Process.Kill())
	if _, err := p.applied(); err == nil {
		t.Fatal("the helper was not killed in time")
	}
	result := mustUp(t, migrator(t, db, []migrate.Source{slow(url, mode, quick)}))
	diff(t, "up after the kill", []string{"up shared/2_fill_slow.sql"}, names(result.Applied))
	same(t, db, "SELECT id FROM slow ORDER BY id", "1; 2; 3")
	same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1; 2")
	same(t, db, "SELECT version, state FROM schemactl_history ORDER BY id", "1 applied; 2 applied")
}

// Those who only look do not wait for those who work.
func TestStatusUnderLock(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		pool, err := db.DB()
		check(t, err)
		m := migrator(t, db, shop())
		mustUp(t, m)
		lock, err := dblock.Try(t.Context(), pool, db.Name(), "migrate", dblock.Holder{Application: "billing", Doing: "something"})
		check(t, err)
		defer func() { check(t, lock.Release(t.Context())) }()
		status, err := m.Status(t.Context())
		check(t, err)
		if len(status) != shopFiles {
			t.Errorf("%d lines, want %d", len(status), shopFiles)
		}
		if r := mustUp(t, m); len(r.Applied) != 0 || r.Waited != 0 {
			t.Errorf("up with nothing to do: %+v, want nothing, without waiting", r)
		}
		late := one(t, db, map[string]string{"3_create_late.sql": up("CREATE TABLE late (id integer);")},
			migrate.WithWaitTimeout(100*time.Millisecond))
		_, err = late.Up(t.Context())
		if want := "billing on"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("up under someone else's lock: %v, want an error that names %s", err, want)
		}
		if !isLocked(err) {
			t.Errorf("%v does not match ErrLocked", err)
		}
	})
}
