package testenv

import (
	"testing"

	"github.com/schemactl/schemactl/internal/testenv/server"
)

// Bouncer is the path of PgBouncer. The test is skipped, or fails, when it is not
// installed, as for a server that is not to be had.
func Bouncer(tb testing.TB) string {
	tb.Helper()
	path, err := server.Bouncer()
	if err != nil {
		without(tb, err)
	}
	return path
}
