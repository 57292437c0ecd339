package registry

import (
	"fmt"
	"strings"
)

// Level says which versions of a subject have to be able to read each other's data.
type Level string

// The levels. Backward: the new schema reads data of the old. Forward: the old
// reads data of the new. Full: both. The transitive ones look at all versions,
// the others at the newest alone.
const (
	LevelNone               Level = "NONE"
	LevelBackward           Level = "BACKWARD"
	LevelBackwardTransitive Level = "BACKWARD_TRANSITIVE"
	LevelForward            Level = "FORWARD"
	LevelForwardTransitive  Level = "FORWARD_TRANSITIVE"
	LevelFull               Level = "FULL"
	LevelFullTransitive     Level = "FULL_TRANSITIVE"
)

// DefaultLevel holds where none is set.
const DefaultLevel = LevelBackward

// ParseLevel reads a level in any letter case. Anything else is [ErrInvalidLevel].
func ParseLevel(text string) (Level, error) {
	switch l := Level(strings.ToUpper(text)); l {
	case LevelNone, LevelBackward, LevelBackwardTransitive, LevelForward,
		LevelForwardTransitive, LevelFull, LevelFullTransitive:
		return l, nil
	}
	return "", fmt.Errorf("%w: %q is none of NONE, BACKWARD, FORWARD, FULL and their _TRANSITIVE forms", ErrInvalidLevel, text)
}

func (l Level) newReadsOld() bool {
	return strings.HasPrefix(string(l), "BACKWARD") || strings.HasPrefix(string(l), "FULL")
}

func (l Level) oldReadsNew() bool {
	return strings.HasPrefix(string(l), "FORWARD") || strings.HasPrefix(string(l), "FULL")
}

func (l Level) isTransitive() bool { return strings.HasSuffix(string(l), "_TRANSITIVE") }
