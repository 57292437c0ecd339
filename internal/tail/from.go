package tail

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// From is the place in every partition where reading begins.
type From struct {
	kind   fromKind
	offset int64
	time   time.Time
}

type fromKind int

const (
	fromNow fromKind = iota
	fromStart
	fromOffset
	fromLast
	fromTime
)

// FromForms are what ParseFrom takes.
const FromForms = "now, start, an offset, -N (the last N of each partition), a time such as 2026-11-30T12:00:00Z, or how long ago, such as 15m"

// ParseFrom reads a place. now is what durations count back from.
func ParseFrom(text string, now time.Time) (From, error) {
	switch text {
	case "now":
		return From{kind: fromNow}, nil
	case "start":
		return From{kind: fromStart}, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if strings.HasPrefix(text, "-") {
			return From{kind: fromLast, offset: -n}, nil
		}
		return From{kind: fromOffset, offset: n}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return From{kind: fromTime, time: t}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return From{kind: fromTime, time: now.Add(-d)}, nil
	}
	return From{}, fmt.Errorf("%q is no place to begin: want %s", text, FromForms)
}

// IsNow tells that only what comes from now on is wanted.
func (f From) IsNow() bool { return f.kind == fromNow }
