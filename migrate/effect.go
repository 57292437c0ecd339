package migrate

import (
	"fmt"
	"slices"
	"strings"
)

// effect is what a statement of data definition does, as far as the catalogue
// shows it: things that are there or not there once it is done.
type effect struct {
	marks []mark
	// rest says that some of it shows in no mark and must not be done twice.
	// What is neither there nor in marks comes to the same when it is repeated,
	// as MODIFY COLUMN and OR REPLACE do.
	rest bool
}

// mark is a thing that a statement makes or takes away, and whether it is there
// afterwards.
type mark struct {
	kind    markKind
	schema  string // empty for the session's own
	table   string // of a column, an index or a constraint
	name    string
	present bool
}

type markKind int

const (
	markTable markKind = iota // views are among them
	markColumn
	markIndex
	markConstraint // of any kind
	markCheck
	markForeignKey
	markTrigger
	markProcedure
	markFunction
)

// marksMost is how many marks have room in the history's message.
const marksMost = 16

// sound reports whether marks can tell at all.
func (e effect) sound() bool {
	return !e.twice() && len(e.marks) <= marksMost && (len(e.marks) > 0 || !e.rest)
}

// twice reports whether a thing is named twice: it may be there before and
// after, as in a swap of two names, and be another one.
func (e effect) twice() bool {
	for i, a := range e.marks {
		if slices.ContainsFunc(e.marks[:i], func(b mark) bool {
			return a.kind == b.kind && strings.EqualFold(a.table, b.table) && strings.EqualFold(a.name, b.name)
		}) {
			return true
		}
	}
	return false
}

// verdict is what became of a statement in doubt.
type verdict int

const (
	verdictUnknown verdict = iota
	verdictNotDone         // or as good as that: to run it is right
	verdictDone
)

// absent is how the catalogue says that a thing is not there. Otherwise it
// counts, or gives a table's time of creation.
const absent = "0"

// verdict compares what the catalogue said before the statement was begun, in
// the write that recorded its beginning, with what it says when the session that
// ran it is gone, and with it the lock: then nothing of it is under way.
//
// The servers do such a statement as a whole or not at all, also when they
// crash; several tables in one DROP or RENAME are the exception, and have a mark
// each. So
//
//   - everything is as it was: it was not done. Nothing was begun, the server
//     refused it, or it had nothing to do; running it shows which. Only if the
//     marks would be the same after it, and some of it is in no mark, that is
//     not known.
//   - everything is as the statement leaves it, and was not before: it is done,
//     for no other migration runs meanwhile.
//   - anything else is somebody else's work, and a person has to look.
//
// What it cannot see is somebody who, without the lock, makes or takes away the
// very thing that the statement names, between its record and this look. Had the
// statement still run it would have been refused for that, or have nothing to do.
// A table that was dropped and made again in between is told by its time, which
// is in seconds.
func (e effect) verdict(before, now []string) verdict {
	if len(before) != len(e.marks) || len(now) != len(e.marks) {
		return verdictUnknown
	}
	changes, reached := false, true
	for i, m := range e.marks {
		changes = changes || (before[i] != absent) != m.present
		reached = reached && (now[i] != absent) == m.present
	}
	switch {
	case slices.Equal(before, now):
		if changes || !e.rest {
			return verdictNotDone
		}
	case changes && reached:
		return verdictDone
	}
	return verdictUnknown
}

const noteBefore = "before statement "

// beforeNote begins the history's message about what was there before statement
// n. It knows the text, as a file may be edited between two runs.
func beforeNote(n int, text string) string {
	return fmt.Sprintf(noteBefore+"%d (%s):", n, prefix([]string{text}, 1)[:16])
}

// before reads that message: false when it is about something else.
func (rec *record) before(text string) ([]string, bool) {
	values, ok := strings.CutPrefix(rec.message, beforeNote(rec.started, text))
	return strings.Fields(values), ok
}
