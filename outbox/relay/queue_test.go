package relay_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

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

// TestFetchReadsWhatIsThere reads each kind of value, also where rows come as text, as
// behind poolers that prepare no statements.
func TestFetchReadsWhatIsThere(t *testing.T) {
	t.Parallel()
	type fetched struct {
		EventID, Type, Topic, Key, Payload string
		Sequence                           int64
		HasSequence                        bool
		Headers                            map[string]string
		Age                                time.Duration
	}
	want := []fetched{
		{EventID: uuid.NewString(), Type: "test.Change", Topic: "changes", Key: "1", Payload: "\x00a\xff", Sequence: -3, HasSequence: true},
		{EventID: uuid.NewString(), Type: "test.Change", Topic: "others", Headers: map[string]string{"tenant": `"blue" ü`, "empty": ""}, Payload: strings.Repeat("b", 20_000)},
		{EventID: uuid.NewString(), Type: "test.Other", Topic: "others", Key: strings.Repeat("k", 60_000), Sequence: math.MaxInt64, HasSequence: true},
		{EventID: uuid.NewString(), Type: "test.Other", Topic: "changes", Key: "\x00", Headers: map[string]string{}, Payload: "c"},
	}
	check := func(t *testing.T, url, mode string) {
		t.Helper()
		db := open(t, url, "")
		for _, w := range want {
			var headers, sequence any
			if w.Headers != nil {
				text, err := json.Marshal(w.Headers)
				if err != nil {
					t.Fatal(err)
				}
				headers = string(text)
			}
			if w.HasSequence {
				sequence = w.Sequence
			}
			if err := db.Exec("INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, headers, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
				w.EventID, w.Type, sequence, w.Topic, []byte(w.Key), headers, []byte(w.Payload)).Error; err != nil {
				t.Fatal(err)
			}
		}
		q, err := relay.OpenQueue(connect(t, url+mode))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = q.Close() })
		rows, err := q.Fetch(t.Context(), 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []fetched
		for _, r := range rows {
			got = append(got, fetched{
				EventID: r.EventID, Type: r.Type, Topic: r.Topic, Key: string(r.Key), Payload: string(r.Payload),
				Sequence: r.Sequence.Int64, HasSequence: r.Sequence.Valid, Headers: r.Headers, Age: time.Since(r.CreatedAt).Abs().Truncate(time.Minute),
			})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		// What is appended to one row's bytes does not reach another's.
		for i := range rows {
			_ = append(append(rows[i].Key, 'x'), 'y')
			_ = append(append(rows[i].Payload, 'x'), 'y')
		}
		for i, r := range rows {
			if string(r.Key) != want[i].Key || string(r.Payload) != want[i].Payload {
				t.Errorf("row %d is changed by what was appended to others", i)
			}
		}
		again, err := q.Fetch(t.Context(), 10, []int64{rows[0].ID, rows[2].ID})
		if err != nil || len(again) != 2 || again[0].EventID != want[1].EventID {
			t.Errorf("two in flight: %d rows, %v", len(again), err)
		}
		var most []int64 // more than conditions are made of
		for i := range int64(20) {
			most = append(most, 1000+2*i)
		}
		if all, err := q.Fetch(t.Context(), 10, most); err != nil || len(all) != len(want) {
			t.Errorf("many in flight: %d rows, %v", len(all), err)
		}
		if err := errors.Join(q.Delete(t.Context(), ids(rows)), q.Delete(t.Context(), most)); err != nil {
			t.Fatal(err)
		}
		if n := waiting(t, db); n != 0 {
			t.Errorf("%d wait, want none", n)
		}
	}
	testenv.Databases(t, func(t *testing.T, url string) { check(t, url, "") })
	for _, mode := range []string{"simple_protocol", "exec", "describe_exec", "cache_describe"} {
		t.Run("postgres/"+mode, func(t *testing.T) {
			t.Parallel()
			url := testenv.Postgres(t)
			between := "?"
			if strings.Contains(url, "?") {
				between = "&"
			}
			check(t, url, between+"default_query_exec_mode="+mode)
		})
	}
}
