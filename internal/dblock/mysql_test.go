package dblock_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
)

// Who waits does not hear what SQL the other session runs: it may have secrets.
func TestNoSQLOfOthers(t *testing.T) {
	t.Parallel()
	_, db := open(t, testenv.MariaDB(t))
	c, err := db.Conn(t.Context())
	check(t, err)
	defer func() { check(t, c.Close()) }()
	var id int64
	var ok bool
	check(t, c.QueryRowContext(t.Context(), "SELECT CONNECTION_ID(), GET_LOCK(CONCAT('schemactl.migrate.', DATABASE()), 0)").Scan(&id, &ok))
	done := make(chan error, 1)
	go func() {
		_, err := c.ExecContext(t.Context(), "SELECT 'hunter22', SLEEP(2)")
		done <- err
	}()
	seen := func() (busy bool) {
		check(t, db.QueryRowContext(t.Context(), "SELECT COALESCE(INFO, '') LIKE '%hunter22%SLEEP%' FROM information_schema.PROCESSLIST WHERE ID = ?", id).Scan(&busy))
		return busy
	}
	for !seen() {
		select {
		case err := <-done:
			t.Fatalf("the statement was over before it was seen: %v", err)
		default:
		}
	}
	_, err = dblock.Try(t.Context(), db, "mysql", "migrate", holder("second"))
	held, is := errors.AsType[*dblock.HeldError](err)
	if !is || !strings.HasPrefix(held.Holder.Application, "server session ") || held.Holder.Doing != "" || strings.Contains(err.Error(), "hunter22") {
		t.Errorf("%v, want the number of the session and nothing of its SQL", err)
	}
	check(t, <-done)
}
