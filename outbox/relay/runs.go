package relay

import (
	"slices"
	"strings"
)

// run is ids that follow each other without a gap, the first and the last included. A
// row has its id to itself, so what is between those of a run is the run, whatever
// others commit meanwhile.
type run struct{ first, last int64 }

// mostRuns bounds the conditions of a statement.
const mostRuns = 8

// runsOf gives the runs of ids; false when they are too many for a statement. Rows that
// were read together are mostly one, and to take them by their bounds is several times
// as fast as one by one.
func runsOf(ids []int64) (runs []run, ok bool) {
	if !slices.IsSorted(ids) {
		ids = slices.Sorted(slices.Values(ids))
	}
	for _, id := range ids {
		switch n := len(runs); {
		case n > 0 && id <= runs[n-1].last+1:
			runs[n-1].last = id
		case n == mostRuns:
			return nil, false
		default:
			runs = append(runs, run{id, id})
		}
	}
	return runs, true
}

// conditions gives one condition on ids for each run, with placeholders for its bounds,
// and adds these to args.
func conditions(runs []run, one, between string, args []any) (string, []any) {
	var all strings.Builder
	for i, r := range runs {
		if i > 0 {
			all.WriteString(between)
		}
		all.WriteString(one)
		args = append(args, r.first, r.last)
	}
	return all.String(), args
}

// inRuns is the condition that an id is in one of the runs.
func inRuns(runs []run, args ...any) (string, []any) {
	return conditions(runs, "id BETWEEN ? AND ?", " OR ", args)
}

// outsideRuns is the condition that an id is in none of the runs, to be put behind another.
func outsideRuns(runs []run, args ...any) (string, []any) {
	if len(runs) == 0 {
		return "", args
	}
	return conditions(runs, " AND (id < ? OR id > ?)", "", args)
}
