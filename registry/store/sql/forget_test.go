package sqlstore_test

import (
	"slices"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

// What was removed long ago leaves no row, what was removed a moment ago does; and who
// follows is told how far rows are gone.
func TestForgetsWhatIsGoneForLong(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		gone := func() (keys []string, upTo int64) {
			t.Helper()
			if err := db.WithContext(t.Context()).Raw("SELECT record_key FROM registry_records WHERE record_value IS NULL ORDER BY seq").Scan(&keys).Error; err != nil {
				t.Fatal(err)
			}
			if err := db.WithContext(t.Context()).Raw("SELECT seq FROM registry_positions WHERE name = 'forgotten'").Scan(&upTo).Error; err != nil {
				t.Fatal(err)
			}
			return keys, upTo
		}
		with := func(do func(*registry.Registry)) {
			t.Helper()
			store, err := sqlstore.New(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			reg, err := registry.New(store)
			if err != nil {
				t.Fatal(err)
			}
			do(reg)
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
		register := func(reg *registry.Registry, subject string) {
			t.Helper()
			if _, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: subject, Schema: registry.Schema{Text: `"int"`}}); err != nil {
				t.Fatal(err)
			}
		}
		purge := func(reg *registry.Registry, subject string) {
			t.Helper()
			for _, permanent := range []bool{false, true} {
				if _, err := reg.DeleteSubject(t.Context(), registry.DeleteSubjectRequest{Subject: subject, Permanent: permanent}); err != nil {
					t.Fatal(err)
				}
			}
		}
		with(func(reg *registry.Registry) {
			register(reg, "kept")
			register(reg, "old")
			register(reg, "new")
			purge(reg, "old")
		})
		old, upTo := gone()
		if len(old) == 0 || upTo != 0 {
			t.Fatalf("gone: %v, up to %d", old, upTo)
		}
		before := time.Now().Add(-2 * time.Hour).UnixMilli()
		if err := db.WithContext(t.Context()).Exec("UPDATE registry_records SET written_at = ?", before).Error; err != nil {
			t.Fatal(err)
		}
		with(func(reg *registry.Registry) { purge(reg, "new") })
		left, upTo := gone()
		if len(left) == 0 || slices.Contains(left, old[0]) || upTo == 0 {
			t.Errorf("gone: %v, before it was %v; up to %d", left, old, upTo)
		}
		with(func(reg *registry.Registry) {
			if names, err := reg.Subjects(t.Context(), registry.SubjectsRequest{}); err != nil || !slices.Equal(names, []string{"kept"}) {
				t.Errorf("subjects %v, %v", names, err)
			}
		})
	})
}
