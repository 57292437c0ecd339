package main

import (
	"cmp"
	"slices"
)

// result is one table of the report: the codecs of a group, the fastest first.
type result struct {
	group       string
	hand, hamba string // the codecs that the others are compared with
	rows        []figures
}

// newResult sorts the rows.
func newResult(group, hand, hamba string, rows []figures) *result {
	slices.SortStableFunc(rows, func(a, b figures) int { return cmp.Compare(a.median, b.median) })
	return &result{group: group, hand: hand, hamba: hamba, rows: rows}
}

// of is the row of a codec; nil when there is none.
func (r *result) of(codec string) *figures {
	i := slices.IndexFunc(r.rows, func(f figures) bool { return f.codec == codec })
	if i < 0 {
		return nil
	}
	return &r.rows[i]
}

// ratio is the time of one codec divided by the other's; 0 when one is missing.
func (r *result) ratio(codec, other string) float64 {
	a, b := r.of(codec), r.of(other)
	if a == nil || b == nil {
		return 0
	}
	return a.median / b.median
}

// ratios are those that stay the same from machine to machine.
type ratios struct{ hand, hamba float64 }

func (r *result) ratios(codec string) ratios {
	return ratios{hand: r.ratio(codec, r.hand), hamba: r.ratio(codec, r.hamba)}
}
