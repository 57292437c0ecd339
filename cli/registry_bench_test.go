package cli

import (
	"slices"
	"testing"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

// The yardstick waits for the disk on each of its connections, not on one of them.
func TestCommitsOfTheYardstickAreDurable(t *testing.T) {
	t.Parallel()
	db, err := openCommits(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close(db) //nolint:errcheck // only read
	const full = 2
	levels := testenv.Pragma(t, db, "synchronous")
	if len(levels) < 2 || slices.ContainsFunc(levels, func(level int) bool { return level != full }) {
		t.Errorf("synchronous is %v, want FULL on several connections", levels)
	}
}
