package relay_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
)

func sequences(rows []relay.Row) []int64 {
	var out []int64
	for _, r := range rows {
		out = append(out, r.Sequence.Int64)
	}
	return out
}

func ids(rows []relay.Row) []int64 {
	var out []int64
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// TestQueue is what every queue does.
func TestQueue(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url, "")
		q, err := relay.OpenQueue(db)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := q.Close(); err != nil {
				t.Error(err)
			}
		})
		fetch := func(limit int, inFlight ...int64) []relay.Row {
			t.Helper()
			rows, err := q.Fetch(t.Context(), limit, inFlight)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		if rows := fetch(10); len(rows) != 0 {
			t.Fatalf("%d rows in an empty table", len(rows))
		}
		publish(t, db, changes(1, 1, 5000)...)
		all := fetch(10_000)
		if len(all) != 5000 || !slices.IsSorted(ids(all)) {
			t.Fatalf("%d rows, sorted %t, want 5000 in order", len(all), slices.IsSorted(ids(all)))
		}
		if diff := cmp.Diff([]int64{1, 2, 3}, sequences(fetch(3))); diff != "" {
			t.Errorf("the first three (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int64{1, 4}, sequences(fetch(2, all[1].ID, all[2].ID))); diff != "" {
			t.Errorf("two are in flight (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int64{4998, 4999}, sequences(fetch(2, ids(all[:4997])...))); diff != "" {
			t.Errorf("nearly all are in flight (-want +got):\n%s", diff)
		}
		for range 2 { // the second time they are gone already
			if err := q.Delete(t.Context(), ids(all[:4998])); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if err := q.Advance(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]int64{4999, 5000}, sequences(fetch(10))); diff != "" {
				t.Errorf("the rest (-want +got):\n%s", diff)
			}
		}
		if err := q.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int64{4999, 5000}, sequences(fetch(10))); diff != "" {
			t.Errorf("after Close (-want +got):\n%s", diff)
		}
	})
}

// TestQueueSeesLateRows has a transaction draw an id and commit when all the ids
// after it are long relayed.
func TestQueueSeesLateRows(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(testing.TB) string{"postgres": testenv.Postgres, "mariadb": testenv.MariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, url(t), "")
			q, err := relay.OpenQueue(db)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = q.Close() })

			late := db.Begin()
			if err := outbox.Publish(late, &change{ID: 1, Version: 1}); err != nil {
				t.Fatal(err)
			}
			drain := func() []int64 {
				t.Helper()
				rows, err := q.Fetch(t.Context(), 100, nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := q.Delete(t.Context(), ids(rows)); err != nil {
					t.Fatal(err)
				}
				for range 4 { // notes, and moves if it may
					if err := q.Advance(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				return sequences(rows)
			}
			publish(t, db, changes(2, 1, 50)...)
			if n := len(drain()); n != 50 {
				t.Fatalf("%d rows, want 50", n)
			}
			if n := len(drain()); n != 0 {
				t.Fatalf("%d rows, want none", n)
			}
			if err := late.Commit().Error; err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]int64{1}, drain()); diff != "" {
				t.Errorf("the late row (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDeleteWaitsForNobody has transactions with events before, between and behind
// those that are deleted stay open, and fail in the end.
func TestDeleteWaitsForNobody(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(testing.TB) string{"postgres": testenv.Postgres, "mariadb": testenv.MariaDB} {
		for _, n := range []int64{1, 2, 50, 3000} {
			t.Run(fmt.Sprint(name, "/", n), func(t *testing.T) {
				t.Parallel()
				db := open(t, url(t), "")
				q, err := relay.OpenQueue(db)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = q.Close() })
				hold := func() {
					tx := db.Begin()
					t.Cleanup(func() { tx.Rollback() })
					if err := outbox.Publish(tx, &change{ID: 1, Version: 1}); err != nil {
						t.Fatal(err)
					}
				}
				for _, gap := range []bool{false, true} {
					hold()
					publish(t, db, changes(2, 1, n)...)
					if gap {
						hold()
						publish(t, db, changes(3, 1, n)...)
					}
					hold()
					rows, err := q.Fetch(t.Context(), 10_000, nil)
					if err != nil {
						t.Fatal(err)
					}
					began := time.Now()
					for range 2 { // the second time they are gone already
						if err := q.Delete(t.Context(), ids(rows)); err != nil {
							t.Fatal(err)
						}
					}
					if took := time.Since(began); took > time.Second {
						t.Errorf("gap %t: deleting %d rows took %s", gap, len(rows), took)
					}
					if rows, err := q.Fetch(t.Context(), 10, nil); err != nil || len(rows) > 0 {
						t.Errorf("gap %t: %d rows are left, %v", gap, len(rows), err)
					}
				}
			})
		}
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url, "")
		if b, err := relay.Status(t.Context(), db); err != nil || b.Waiting != 0 || b.Oldest != 0 || b.Parked != 0 || len(b.Owners) != 1 || b.Owners[0] != "" {
			t.Errorf("%+v, error %v; want nothing", b, err)
		}
		publish(t, db, changes(1, 1, 3)...)
		old := time.Now().UTC().Add(-time.Hour)
		at := any(old)
		if db.Name() == "sqlite" {
			at = old.Format("2006-01-02T15:04:05.000Z")
		}
		if err := db.Exec("UPDATE outbox_events SET created_at = ? WHERE sequence = 1", at).Error; err != nil {
			t.Fatal(err)
		}
		b, err := relay.Status(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		if b.Waiting != 3 || b.Oldest < 59*time.Minute || b.Oldest > 61*time.Minute {
			t.Errorf("%+v, want 3 and about an hour", b)
		}
	})
}
