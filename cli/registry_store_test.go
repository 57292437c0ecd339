package cli

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
)

// What the served registry answers is on the disk: its store has nothing to warn of.
func TestServedStoreIsDurable(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	_, closeStore, err := openStore(t.Context(), testenv.SQLite(t), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := closeStore(); err != nil {
		t.Error(err)
	}
	if log.Len() > 0 {
		t.Errorf("it says %s", log.String())
	}
}
