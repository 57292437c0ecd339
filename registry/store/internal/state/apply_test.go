package state_test

import (
	"errors"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/state"
)

func version(subject string, id uint32) record.Record {
	return record.Record{Kind: record.Schema, Subject: subject, Version: 1, ID: id, Content: registry.Schema{Type: registry.Avro, Text: `"int"`}}
}

func gone(subject string) record.Record {
	return record.Record{Kind: record.Schema, Subject: subject, Version: 1, Gone: true}
}

// Others may give one content two ids. While one of them is there, it is found by
// its hash, also when a change that removes one is taken back.
func TestTwins(t *testing.T) {
	t.Parallel()
	hash := registry.ContentHash(version("", 0).Content)
	for _, tc := range []struct {
		name    string
		records []record.Record
		want    uint32
	}{
		{"the first", []record.Record{version("a", 5), version("b", 6), version("c", 7)}, 5},
		{"the first is gone", []record.Record{version("a", 5), version("b", 6), version("c", 7), gone("a")}, 6},
		{"the second is gone", []record.Record{version("a", 5), version("b", 6), version("c", 7), gone("b")}, 5},
		{"two are gone", []record.Record{version("a", 5), version("b", 6), version("c", 7), gone("b"), gone("a")}, 7},
		{"a version gets another id", []record.Record{version("a", 5), version("a", 6)}, 6},
		{"all are gone", []record.Record{version("a", 5), version("b", 6), gone("a"), gone("b")}, 0},
		{"one came back", []record.Record{version("a", 5), version("b", 6), gone("a"), gone("b"), version("c", 9)}, 9},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := state.New()
			for _, r := range tc.records {
				if err := s.Apply(r, nil); err != nil {
					t.Fatal(err)
				}
			}
			found := func() uint32 {
				c, err := s.ContentByHash(t.Context(), registry.DefaultContext, hash)
				if err != nil && !errors.Is(err, registry.ErrSchemaNotFound) {
					t.Fatal(err)
				}
				return c.ID
			}
			if got := found(); got != tc.want {
				t.Errorf("id %d, want %d", got, tc.want)
			}
			tx := s.Begin(nil)
			for _, subject := range []string{"a", "b", "c"} {
				_ = tx.RemoveVersions(t.Context(), subject, []int{1}) // some are gone already
			}
			if got := found(); got != 0 {
				t.Errorf("id %d is left of none", got)
			}
			tx.Rollback()
			if got := found(); got != tc.want {
				t.Errorf("id %d after the change was taken back, want %d", got, tc.want)
			}
		})
	}
}
