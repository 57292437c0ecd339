package dblock

import (
	"strings"
	"testing"
)

// A lock's name on MySQL is printed into SQL and has 64 characters at most.
func TestMySQLLock(t *testing.T) {
	t.Parallel()
	if got, want := mysqlLock("shop", "migrate"), "schemactl.migrate.shop"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	seen := map[string]bool{}
	for _, database := range []string{strings.Repeat("x", 64), strings.Repeat("x", 63) + "y", "it's", "größe", "a b"} {
		got := mysqlLock(database, "migrate")
		if !plainLock.MatchString(got) || seen[got] {
			t.Errorf("database %q gives %q", database, got)
		}
		seen[got] = true
	}
}
