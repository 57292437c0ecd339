package testenv

import (
	"testing"

	"gorm.io/gorm"
)

// Pragma reads a setting of SQLite's that is a number on each connection that a
// database may have, all of them open at once.
func Pragma(tb testing.TB, db *gorm.DB, name string) []int {
	tb.Helper()
	pool, err := db.DB()
	if err != nil {
		tb.Fatal(err)
	}
	values := make([]int, pool.Stats().MaxOpenConnections)
	for i := range values {
		conn, err := pool.Conn(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // only read
		if err := conn.QueryRowContext(tb.Context(), "PRAGMA "+name).Scan(&values[i]); err != nil {
			tb.Fatal(err)
		}
	}
	return values
}
