package migrate

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/schemactl/schemactl/internal/dblock"
)

var (
	// ErrSource says that sources cannot be used as they are: [*SourceError].
	ErrSource = errors.New("migration sources are not usable")
	// ErrNoFile says that an applied migration has no file (any more), so that
	// there is nothing to undo it with.
	ErrNoFile = errors.New("migration has no file")
	// ErrHalfDone says that a run ended inside a file and that going on is not
	// known to be safe: [*HalfDoneError].
	ErrHalfDone = errors.New("migration is half done")
	// ErrNotReady says that the database is behind this build: [*NotReadyError].
	ErrNotReady = errors.New("database is not ready")
	// ErrStrict says that a strict run found something it does not accept:
	// [*StrictError].
	ErrStrict = errors.New("migrations are not as they should be")
	// ErrPooler says that the database is reached through a connection pooler
	// in transaction or statement mode, which cannot hold a lock.
	ErrPooler = errors.New("connection pooler in transaction mode")
	// ErrNoVersion says that a caller named a source or version that is not there.
	ErrNoVersion = errors.New("no such migration")
	// ErrRefused says that a baseline or a repair does not fit what the
	// database says.
	ErrRefused = errors.New("refused")
	// ErrReadOnly says that the database takes no writes: it is a replica, or
	// set or opened so.
	ErrReadOnly = errors.New("database is read-only")
	// ErrDenied says that the database's user lacks a right.
	ErrDenied = errors.New("not allowed")
	// ErrLocked says that the lock was not to be had in time. The error then
	// names the holder.
	ErrLocked = errors.New("migrations are locked")
	// ErrLockLost says that the run's session or lock file went away under it.
	// The file in hand was not recorded, unless the error says that its commit
	// was not answered; others may be migrating by now.
	ErrLockLost = dblock.ErrLost
)

// SourceError lists everything that is wrong with a set of sources. It matches
// [ErrSource].
type SourceError struct {
	// Problems are single lines, each naming its source, and its file if any.
	Problems []string
}

func (e *SourceError) Error() string {
	if len(e.Problems) == 1 {
		return ErrSource.Error() + ": " + e.Problems[0]
	}
	return fmt.Sprintf("%s: %d problems:\n  %s", ErrSource, len(e.Problems), strings.Join(e.Problems, "\n  "))
}

// Is makes errors.Is(err, ErrSource) hold.
func (e *SourceError) Is(target error) bool { return target == ErrSource }

// PartialError says that a run ended early. What was applied before stays
// applied and recorded; of a failed file nothing stays, unless it is one that
// could not run in a transaction (the cause then says how far it came), or the
// connection ended before the answer to its COMMIT: then all of it may stay, with
// its record, and the cause says that this is not known.
type PartialError struct {
	// Applied is what the run did before.
	Applied []Applied
	// Failed is the migration that did not go through.
	Failed    Migration
	Direction Direction
	// Left counts what the run would have done after it.
	Left int
	// Cause is often a [*StatementError]; errors.Is and errors.As reach it.
	Cause error
}

func (e *PartialError) Error() string {
	text := fmt.Sprintf("migrate %s %s: %v", e.Direction, e.Failed, e.Cause)
	switch n := len(e.Applied); {
	case n > 0 && e.Left > 0:
		text += fmt.Sprintf(" (%d applied before it, %d not begun)", n, e.Left)
	case n > 0:
		text += fmt.Sprintf(" (%d applied before it)", n)
	case e.Left > 0:
		text += fmt.Sprintf(" (%d more not begun)", e.Left)
	}
	return text
}

// Unwrap gives the cause.
func (e *PartialError) Unwrap() error { return e.Cause }

// StatementError is a statement that the database refused.
type StatementError struct {
	// File is the file's name, Line where the statement begins in it (from 1;
	// 0 when unknown, as after environment substitution).
	File string
	Line int
	// At is the line of the file at which the database stopped, where it tells
	// (SQLite does not); else 0.
	At int
	// Statement (from 1) of Statements of the file's direction.
	Statement  int
	Statements int
	// Excerpt is the beginning of the statement, on one line. Literals are left
	// out, as they may be secrets.
	Excerpt string
	// Done counts the statements of this file that took effect and stay. It is
	// zero when the file's transaction was rolled back.
	Done int
	// InDoubt is how many statements after those may have taken effect, too: a
	// procedure may have committed before it failed, and what is done under
	// LOCK TABLES stays.
	InDoubt int
	// Stops is why the next run will not go on after those by itself, and what to
	// do about it; nil when it will.
	Stops *HalfDoneError
	// Hint is what the failure may have left behind; often empty.
	Hint string
	// Err is the driver's error, possibly wrapped in one whose text does not
	// repeat the statement's literals.
	Err error
}

func (e *StatementError) Error() string {
	where := e.File
	begins := ""
	switch {
	case e.At > e.Line:
		where, begins = fmt.Sprintf("%s:%d", e.File, e.At), fmt.Sprintf(" (from line %d)", e.Line)
	case e.Line > 0:
		where = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	text := fmt.Sprintf("%s: statement %d of %d%s: %v: %s", where, e.Statement, e.Statements, begins, e.Err, e.Excerpt)
	switch {
	case e.InDoubt > 0:
		text += fmt.Sprintf(" (%d statements are done and stay; whether %s took effect is not known, and the next run stops "+
			"there and says how to go on)", e.Done, span(e.Done, e.Done+e.InDoubt))
	case e.Done > 0 && e.Stops != nil:
		text += fmt.Sprintf(" (what is done, %s, stays, and the next run will not go on after it: %s; %s)",
			span(0, e.Done), e.Stops.Reason, e.Stops.Mend)
	case e.Done > 0:
		text += fmt.Sprintf(" (statements 1 to %d are done and stay; the next run goes on at statement %d)", e.Done, e.Done+1)
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Unwrap gives the driver's error.
func (e *StatementError) Unwrap() error { return e.Err }

// HalfDoneError says why a file that a former run left half done is not simply
// continued. It matches [ErrHalfDone].
type HalfDoneError struct {
	Migration Migration
	Direction Direction
	// Done statements of Statements are known to have taken effect. InDoubt is
	// the number of the statement that was running when the run ended, or the
	// first of those that had to run together; 0 when none was.
	Done       int
	InDoubt    int
	Statements int
	// Application, Host and At say whose run it was and when it was last heard
	// of.
	Application string
	Host        string
	At          time.Time
	// Reason is why going on is not safe, Mend what to do about it.
	Reason string
	Mend   string
}

func (e *HalfDoneError) Error() string {
	return fmt.Sprintf("%s is half done: a %s by %s on %s stopped at %s after %d of %d statements; %s; %s",
		e.Migration, e.Direction, e.Application, e.Host, e.At.UTC().Format("2006-01-02 15:04:05 UTC"),
		e.Done, e.Statements, e.Reason, e.Mend)
}

// Is makes errors.Is(err, ErrHalfDone) hold.
func (e *HalfDoneError) Is(target error) bool { return target == ErrHalfDone }

// span names the statements after the first from up to and with to.
func span(from, to int) string {
	if to == from+1 {
		return fmt.Sprintf("statement %d", to)
	}
	return fmt.Sprintf("statements %d to %d", from+1, to)
}
