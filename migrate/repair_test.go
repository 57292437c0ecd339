package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// halfway leaves a file half done: its second statement is in doubt.
func halfway(t *testing.T, db *gorm.DB) (mended *migrate.Migrator) {
	t.Helper()
	text := map[string]string{"1_a.sql": noTx + up("CREATE TABLE a (id integer);", "CREATE TABLE b (id integer);", "BROKEN;") +
		"-- +goose Down\nDROP TABLE a;\nDROP TABLE b;\nDROP TABLE c;\n"}
	if _, err := one(t, db, text).Up(t.Context()); err == nil {
		t.Fatal("up of a broken file: no error")
	}
	exec1(t, db, "UPDATE schemactl_history SET state = 'running', statements_started = 3")
	text["1_a.sql"] = strings.Replace(text["1_a.sql"], "BROKEN;", "CREATE TABLE c (id integer);", 1)
	m := one(t, db, text)
	if _, err := m.Up(t.Context()); !errors.Is(err, migrate.ErrHalfDone) {
		t.Fatalf("up: %v, want ErrHalfDone", err)
	}
	return m
}

func repair(done int) migrate.RepairRequest {
	return migrate.RepairRequest{Source: "shared", Version: 1, Done: &done}
}

func TestRepair(t *testing.T) {
	t.Parallel()
	all := migrate.RepairRequest{Source: "shared", Version: 1, Applied: true}
	none := migrate.RepairRequest{Source: "shared", Version: 1, Undone: true}
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		m := halfway(t, db)
		for what, req := range map[string]migrate.RepairRequest{
			"too many": repair(4), "below zero": repair(-1), "another": {Source: "shared", Version: 2, Applied: true}, "nothing": {Source: "shared", Version: 1},
		} {
			if err := m.Repair(t.Context(), req); err == nil {
				t.Errorf("%s: no error", what)
			}
		}
		same(t, db, "SELECT count(*) FROM schemactl_history", "1")

		check(t, m.Repair(t.Context(), repair(2)))
		status, err := m.Status(t.Context())
		check(t, err)
		if s := status[0]; s.State != migrate.StatePartial || s.Done != 2 || s.InDoubt != 0 || s.Statements != 3 || s.Direction != migrate.DirectionUp {
			t.Errorf("status %+v", s)
		}
		mustUp(t, m)
		same(t, db, "SELECT state, statements_done FROM schemactl_history ORDER BY id", "running 2; applied 3")
		if got := query(t, db, "SELECT message FROM schemactl_history WHERE id = 1"); !strings.HasPrefix(got, "repair --done 2 by test on ") {
			t.Errorf("the history says %q", got)
		}
		if err := m.Repair(t.Context(), all); !errors.Is(err, migrate.ErrRefused) {
			t.Errorf("repair of what is done: %v, want ErrRefused", err)
		}
	})
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		m := halfway(t, db)
		exec1(t, db, "CREATE TABLE c (id integer)")
		check(t, m.Repair(t.Context(), all))
		check(t, m.Check(t.Context()))
		diff(t, "up", []string(nil), names(mustUp(t, m).Applied))
		status, err := m.Status(t.Context())
		check(t, err)
		if !strings.HasPrefix(status[0].Note, "repair --applied by test") {
			t.Errorf("status %+v", status[0])
		}
		_, err = m.Down(t.Context(), migrate.DownOptions{})
		check(t, err)
	})
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		m := halfway(t, db)
		exec1(t, db, "DROP TABLE a")
		exec1(t, db, "DROP TABLE b")
		check(t, m.Repair(t.Context(), none))
		diff(t, "up", []string{"up shared/1_a.sql"}, names(mustUp(t, m).Applied))

		// The same for a way down of which nothing took effect.
		exec1(t, db, "DROP TABLE b")
		if _, err := m.Down(t.Context(), migrate.DownOptions{}); err == nil {
			t.Fatal("down: no error")
		}
		exec1(t, db, "CREATE TABLE a (id integer)")
		exec1(t, db, "CREATE TABLE b (id integer)")
		check(t, m.Repair(t.Context(), none))
		check(t, m.Check(t.Context()))
		r, err := m.Down(t.Context(), migrate.DownOptions{})
		check(t, err)
		diff(t, "down", []string{"down shared/1_a.sql"}, names(r.Applied))
		same(t, db, "SELECT version_id FROM goose_db_version", "0")
	})
}
