package sqlstore

import (
	"errors"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// A statement has no more than its server takes, and one row at least.
func TestStatementIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 60)
	rows := []row{{Key: "a", Value: &long}, {Key: "b"}, {Key: "c", Value: &long}, {Key: strings.Repeat("k", 200)}, {Key: "d"}}
	rows = append(rows, make([]row, 2*writeTogether)...)
	log := &table{most: 100}
	for _, want := range []int{2, 1, 1, writeTogether, writeTogether, 1} {
		if n := log.statement(rows); n != want {
			t.Fatalf("%d rows, want %d", n, want)
		}
		rows = rows[want:]
	}
}

// A server that takes less than it did refuses what is too large, and that alone.
func TestPacketLowered(t *testing.T) {
	t.Parallel()
	db, err := database.Open(t.Context(), testenv.MariaDB(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(db); err != nil {
			t.Error(err)
		}
	})
	if err := upgrade(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	log := &table{db: db, most: 1 << 30}
	set := func(alias string) error {
		list := []record.Record{{Kind: record.Config, Subject: "a", Settings: registry.Config{Alias: alias}}}
		return log.Append(t.Context(), func([]record.Record) {}, func() []record.Record { return list })
	}
	err = set(strings.Repeat("x", 40<<20))
	size, ok := errors.AsType[*registry.SizeError](err)
	if !errors.Is(err, replica.ErrRefused) || !ok || size.Most != log.most || size.Size < 40<<20 {
		t.Errorf("error is %.300v", err)
	}
	if log.most > record.MostBytes {
		t.Errorf("the bound stays at %d", log.most)
	}
	if err := set("b"); err != nil {
		t.Error(err)
	}
}
