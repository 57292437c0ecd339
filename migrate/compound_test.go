package migrate_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// On MariaDB the end of a file and the beginning of the next are one statement.

const (
	rows     = "SELECT version, state, statements_started, statements_done FROM schemactl_history ORDER BY id"
	heldLock = "CONCAT('schemactl.migrate.', DATABASE())"
)

var abc = map[string]string{
	"1_a.sql": up("CREATE TABLE a (id int);"), "2_b.sql": up("CREATE TABLE b (id int);", "ALTER TABLE a ADD COLUMN n int;"),
	"3_c.sql": up("ALTER TABLE b ADD COLUMN n int;"),
}

// afterFirst runs abc, and something else when its first file is done.
func afterFirst(ctx context.Context, t *testing.T, url string, do func()) error {
	t.Helper()
	_, err := one(t, open(t, url), abc, migrate.WithProgress(func(p migrate.Progress) {
		if p.Phase == migrate.PhaseDone && p.Index == 1 {
			do()
		}
	})).Up(ctx)
	return err
}

func TestNextIsBegunAhead(t *testing.T) {
	t.Parallel()
	url := testenv.MariaDB(t)
	other := open(t, url)
	check(t, afterFirst(t.Context(), t, url, func() {
		same(t, other, rows, "1 applied 1 1; 2 running 1 0")
		same(t, other, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1")
	}))
	same(t, other, rows, "1 applied 1 1; 2 applied 2 2; 3 applied 1 1")
	same(t, other, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1; 2; 3")
}

// Who gives up between two files leaves no trace of the second.
func TestGivenUpBetweenFiles(t *testing.T) {
	t.Parallel()
	url := testenv.MariaDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	if err := afterFirst(ctx, t, url, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("up: %v, want it cancelled", err)
	}
	same(t, open(t, url), rows, "1 applied 1 1")
}

// Who dies between two files is followed by one who goes on without a hand.
func TestDiedBetweenFiles(t *testing.T) {
	t.Parallel()
	url := testenv.MariaDB(t)
	other := open(t, url)
	err := afterFirst(t.Context(), t, url, func() {
		exec1(t, other, "KILL "+query(t, other, "SELECT IS_USED_LOCK("+heldLock+")"))
		eventually(t, "the session's end", func() bool { return query(t, other, "SELECT IS_USED_LOCK("+heldLock+")") == "" })
	})
	if err == nil {
		t.Error("up of an ended session: no error")
	}
	same(t, other, rows, "1 applied 1 1; 2 running 1 0")
	mustUp(t, one(t, other, abc))
	same(t, other, rows, "1 applied 1 1; 2 applied 2 2; 3 applied 1 1")
}

// In Oracle's mode MariaDB has no such statement, as MySQL has none.
func TestNoCompoundStatements(t *testing.T) {
	t.Parallel()
	url := testenv.MariaDB(t)
	db := open(t, url)
	text := maps.Clone(abc)
	delete(text, "1_a.sql")
	text["1_mode.sql"] = up("SET sql_mode = 'ORACLE';", "CREATE TABLE a (id int);")
	text["4_d.sql"] = up("INSERT INTO a (n) VALUES (1);")
	_, err := one(t, db, text, migrate.WithProgress(func(p migrate.Progress) {
		if p.Phase == migrate.PhaseDone && p.Index == 1 {
			same(t, open(t, url), rows, "1 applied 2 2")
		}
	})).Up(t.Context())
	check(t, err)
	same(t, db, rows, "1 applied 2 2; 2 applied 2 2; 3 applied 1 1; 4 applied 1 1")
	same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1; 2; 3; 4")
}

// A file that frees the lock is not recorded: others may be at work already.
func TestLockFreedByAFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ statement, rows string }{
		"in a transaction": {"SELECT RELEASE_LOCK(" + heldLock + ");", "1 applied 1 1"},
		"in steps":         {"DO RELEASE_LOCK(" + heldLock + ");", "1 applied 1 1; 2 running 2 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, testenv.MariaDB(t))
			_, err := one(t, db, map[string]string{
				"1_a.sql": abc["1_a.sql"], "2_free.sql": up("INSERT INTO a VALUES (1);", test.statement), "3_c.sql": up("CREATE TABLE c (id int);"),
			}).Up(t.Context())
			if !errors.Is(err, migrate.ErrLockLost) {
				t.Errorf("up: %v, want ErrLockLost", err)
			}
			same(t, db, rows, test.rows)
			same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1")
			same(t, db, "SHOW TABLES LIKE 'c'", "")
		})
	}
}
