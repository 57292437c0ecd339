package sqlstore_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

// A file whose commits may be lost is said in the log, another is not.
func TestWarnsOfCommitsThatDoNotLast(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		query string
		warns bool
	}{
		"as applications open it": {"", false},
		"the URL has its own":     {"?_pragma=synchronous(NORMAL)", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := database.Open(t.Context(), testenv.SQLite(t)+test.query)
			if err != nil {
				t.Fatal(err)
			}
			defer database.Close(db) //nolint:errcheck // only read
			var log bytes.Buffer
			store, err := sqlstore.New(t.Context(), db, sqlstore.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
			if warned := strings.Contains(log.String(), "power cut"); warned != test.warns {
				t.Errorf("warned %t, want %t: %s", warned, test.warns, log.String())
			}
		})
	}
}
