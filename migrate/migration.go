package migrate

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/schemactl/schemactl/internal/dblock"
)

// Direction is the way in which a migration runs.
type Direction string

// The two directions, as the history records them.
const (
	DirectionUp   Direction = "up"
	DirectionDown Direction = "down"
)

// State is where a migration stands in a database.
type State string

// The states that [Migrator.Status] reports.
const (
	// StatePending: there is a file, and it has not been applied.
	StatePending State = "pending"
	// StateApplied: applied, and the file is the one that was applied.
	StateApplied State = "applied"
	// StateEdited: applied, but the file's text has changed since.
	StateEdited State = "edited"
	// StateMissing: applied, but the source has no such file any more.
	StateMissing State = "missing"
	// StateUnknown: applied, without a file, and its version is above all files
	// of its source: another application brought a newer release of it.
	StateUnknown State = "unknown"
	// StatePartial: a run ended between the file's statements. The next run
	// goes on where it stopped if that is safe, and says why when it is not.
	// Such a migration is listed without a file, too.
	StatePartial State = "partial"
)

// Holder says who has the lock.
type Holder = dblock.Holder

// Migration identifies one migration.
type Migration struct {
	// Source is the name of its source.
	Source string
	// Version is the number at the front of the file's name, by habit a UTC
	// timestamp of 14 digits.
	Version int64
	// Name is the rest of the file's name: "create_users".
	Name string
	// File is the file's name. A Go migration without a file has none.
	File string
}

// String is "shared/20260101000000_create_users.sql".
func (m Migration) String() string {
	if m.File == "" {
		return m.Source + "/" + strconv.FormatInt(m.Version, 10) + "_" + m.Name
	}
	return m.Source + "/" + m.File
}

// nameOf is the part of a file's name between version and extension.
func nameOf(file string) string {
	_, rest, _ := strings.Cut(path.Base(file), "_")
	return strings.TrimSuffix(rest, path.Ext(rest))
}

// Applied is one migration that a run has carried out.
type Applied struct {
	Migration
	Direction Direction
	// Duration is the time from its first statement until it was recorded.
	Duration time.Duration
	// Statements is how many the file has in this direction; zero for Go
	// migrations and for files without any.
	Statements int
}

// Result is what a run did.
type Result struct {
	// Applied lists the migrations in the order in which they ran. It is empty
	// when there was nothing to do.
	Applied []Applied
	// Waited is how long the run waited for the lock.
	Waited time.Duration
	// Findings is what an up found about other migrations, and what it applied
	// out of order; none of it kept the run from its work.
	Findings []Finding
}

// Status is one line of [Migrator.Status].
type Status struct {
	Migration
	State State
	// AppliedAt is when it was applied, the zero time when it was not.
	AppliedAt time.Time
	// Application, ModuleVersion and Host say who applied it. Application is
	// "goose" when goose did, which records no more than the time.
	Application   string
	ModuleVersion string
	Host          string
	// Duration is how long it ran.
	Duration time.Duration
	// OutOfOrder says of a pending migration that a newer one of its source is
	// applied already.
	OutOfOrder bool
	// Done statements of Statements took effect, of one that is half done in
	// Direction. InDoubt is the first of which that is not known, 0 when none.
	Direction  Direction
	Done       int
	InDoubt    int
	Statements int
	// Note says how it was recorded when it was not simply run: "baseline",
	// "script" or "repair …". Of a partial one it says what stopped it, as far as
	// that is known.
	Note string
	// NoFile says that its source has no such file here.
	NoFile bool
}

// Phase is what a [Progress] tells of.
type Phase string

// The phases, in the order in which they come.
const (
	// PhaseWaiting: someone else has the lock; comes at most once a second.
	PhaseWaiting Phase = "waiting"
	// PhaseStatement: a statement is about to run. A Go migration comes as one.
	PhaseStatement Phase = "statement"
	// PhaseRunning: the statement lasts; comes about once a second, with what
	// the server says of it. See [Activity] for where it does not come.
	PhaseRunning Phase = "running"
	// PhaseDone: a migration has been carried out and recorded.
	PhaseDone Phase = "done"
)

// Progress is a step of a run, told while it happens. See [WithProgress].
type Progress struct {
	Phase Phase
	// Holder has the lock, in PhaseWaiting; the zero value when unknown.
	Holder Holder
	// Elapsed is the time waited so far, the time that the statement has been
	// running, or the finished migration's duration.
	Elapsed time.Duration
	// Migration and Direction are what runs, number Index (from 1) of Total.
	Migration Migration
	Direction Direction
	Index     int
	Total     int
	// Statement (from 1) of Statements runs, in PhaseStatement and PhaseRunning.
	Statement  int
	Statements int
	// Activity is what the server is at, in PhaseRunning; nil in the others.
	Activity *Activity
}
