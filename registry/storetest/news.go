package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// newsOf lists the numbers of what came to a subject, and the moment that it is now.
func newsOf(t *testing.T, s registry.Reader, subject string, since registry.Moment) ([]int, registry.Moment) {
	t.Helper()
	news := must(s.News(t.Context(), subject, since))(t)
	var numbers []int
	for _, v := range news.Versions {
		numbers = append(numbers, v.Number)
	}
	slices.Sort(numbers)
	return numbers, news.Now
}

// news has versions that come at the end, between others, in the place of one that
// was removed, and in a change that fails.
func news(t *testing.T, s registry.Store) {
	want := func(what string, numbers []int, since registry.Moment) registry.Moment {
		t.Helper()
		got, now := newsOf(t, s, "a", since)
		equal(t, what, numbers, got)
		return now
	}
	put := func(number, n int) {
		t.Helper()
		update(t, s, func(tx registry.Tx) error { return putIn(t, tx, number, n) })
	}
	start := want("none", nil, 0)
	put(2, 1)
	put(5, 2)
	add(t, s, "b", content(3))
	first := want("all", []int{2, 5}, 0)
	want("since there were none", []int{2, 5}, start)
	want("nothing is new", nil, first)
	put(7, 4)
	put(3, 5)
	second := want("at the end and between", []int{3, 7}, first)
	hide(t, s, "a", 3, 7)
	want("deleted ones are no news", nil, second)
	remove(t, s, "a", 3, 7)
	want("removed ones are gone", nil, first)
	put(7, 6)
	third := want("a number is new again", []int{7}, second)

	var inside registry.Moment
	failed := errors.New("failed")
	err := s.Update(t.Context(), func(tx registry.Tx) error {
		if err := putIn(t, tx, 8, 7); err != nil {
			return err
		}
		var numbers []int
		numbers, inside = newsOf(t, tx, "a", third)
		equal(t, "in a change", []int{8}, numbers)
		return failed
	})
	wantErr(t, "change", failed, err)
	put(8, 8)
	want("what came in the place of what was taken back", []int{8}, inside)
	want("all in the end", []int{2, 5, 7, 8}, 0)
}

func putIn(t *testing.T, tx registry.Tx, number, n int) error {
	t.Helper()
	stored, err := tx.AddContent(t.Context(), content(n))
	if err != nil {
		return err
	}
	_, err = tx.AddVersion(t.Context(), registry.Version{Content: stored, Subject: "a", Number: number, Created: created()})
	return err
}
