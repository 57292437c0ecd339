package database_test

import (
	"slices"
	"testing"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

// Whether commits reach the disk is a setting of each connection.
func TestDurableCommits(t *testing.T) {
	t.Parallel()
	const normal, full = 1, 2
	for name, test := range map[string]struct {
		query string
		want  int
	}{
		"usual":               {"", full},
		"the URL has its own": {"?_pragma=synchronous(NORMAL)", normal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const connections = 16
			db, err := database.Open(t.Context(), testenv.SQLite(t)+test.query, database.WithMaxOpenConns(connections))
			if err != nil {
				t.Fatal(err)
			}
			defer database.Close(db) //nolint:errcheck // only read
			got := testenv.Pragma(t, db, "synchronous")
			if want := slices.Repeat([]int{test.want}, connections); !slices.Equal(got, want) {
				t.Errorf("synchronous is %v, want %v", got, want)
			}
		})
	}
}
