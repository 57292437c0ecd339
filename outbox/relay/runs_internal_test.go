package relay

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunsOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		ids  []int64
		want []run
	}{
		{"none", nil, nil},
		{"one", []int64{7}, []run{{7, 7}}},
		{"in a row", []int64{1, 2, 3}, []run{{1, 3}}},
		{"in no order", []int64{3, 1, 2, 9, 8}, []run{{1, 3}, {8, 9}}},
		{"twice", []int64{1, 1, 2}, []run{{1, 2}}},
		{"with a gap", []int64{1, 3}, []run{{1, 1}, {3, 3}}},
	} {
		got, ok := runsOf(tc.ids)
		if !ok {
			t.Errorf("%s: too many", tc.name)
		}
		if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(run{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// What the runs hold is what was given, and nothing else: rows between them may not
// have been relayed.
func TestRunsHoldWhatWasGiven(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	held := 0
	for range 2000 {
		ids := make([]int64, r.IntN(40))
		for i := range ids {
			ids[i] = r.Int64N(60) - 20
		}
		given := slices.Clone(ids)
		runs, ok := runsOf(ids)
		if !slices.Equal(given, ids) {
			t.Fatalf("%v became %v", given, ids)
		}
		want := slices.Compact(slices.Sorted(slices.Values(ids)))
		if !ok {
			continue
		}
		held++
		var got []int64
		for _, run := range runs {
			for id := run.first; id <= run.last; id++ {
				got = append(got, id)
			}
		}
		if !slices.Equal(want, got) {
			t.Fatalf("%v: %v", ids, runs)
		}
	}
	if held < 500 {
		t.Errorf("only %d lists are few runs", held)
	}
}

func TestRunsAreBounded(t *testing.T) {
	t.Parallel()
	var ids []int64
	for i := range int64(mostRuns) {
		ids = append(ids, 2*i)
	}
	runs, ok := runsOf(ids)
	if where, args := inRuns(runs); !ok || strings.Count(where, "?") != len(args) || len(args) != 2*mostRuns {
		t.Errorf("%d ids with gaps: %t, %s with %d values", mostRuns, ok, where, len(args))
	}
	if _, ok := runsOf(append(ids, 100)); ok {
		t.Errorf("more than %d runs are conditions", mostRuns)
	}
}
