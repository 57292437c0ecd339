package migrate

import (
	"context"
	"fmt"
	"strings"
)

// FindingKind is what a [Finding] is about.
type FindingKind string

// The kinds of findings.
const (
	// FindingEdited: the file's text has changed since it was applied.
	FindingEdited FindingKind = "edited"
	// FindingMissing: applied, but its source has no such file any more.
	FindingMissing FindingKind = "missing"
	// FindingUnknown: applied by a newer release of its source.
	FindingUnknown FindingKind = "unknown"
	// FindingOutOfOrder: pending, or just applied, though a newer one of its
	// source was applied before.
	FindingOutOfOrder FindingKind = "out_of_order"
	// FindingHalfDone: a run ended in its middle, and there is no such file here.
	FindingHalfDone FindingKind = "half_done"
)

// Finding is something about a migration that people may want to know.
type Finding struct {
	Kind FindingKind
	Migration
	// Application applied it; empty when nobody has.
	Application string
}

// String is one line for people.
func (f Finding) String() string {
	switch f.Kind {
	case FindingEdited:
		return f.Migration.String() + " was edited after it was applied by " + f.Application
	case FindingMissing:
		return f.Migration.String() + " was applied by " + f.Application + " and has no file any more"
	case FindingUnknown:
		return f.Migration.String() + " was applied by " + f.Application + " and is newer than all files here"
	case FindingOutOfOrder:
		return f.Migration.String() + " is older than one of its source that is applied"
	case FindingHalfDone:
		return fmt.Sprintf("%s was left half done by %s and has no file here: bring it back, or undo what was done and forget it: %s",
			f.Migration, f.Application, repairCommand(key{f.Source, f.Version}, "--undone"))
	}
	return f.Migration.String()
}

// StrictError lists what a strict run does not accept. It matches [ErrStrict].
type StrictError struct{ Findings []Finding }

func (e *StrictError) Error() string {
	lines := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		lines[i] = f.String()
	}
	return fmt.Sprintf("%s: %s", ErrStrict, strings.Join(lines, "; "))
}

// Is makes errors.Is(err, ErrStrict) hold.
func (e *StrictError) Is(target error) bool { return target == ErrStrict }

// Findings picks out of a status what is edited, missing, unknown, half done
// without a file or pending out of order, in its order.
func Findings(status []Status) []Finding {
	out := []Finding{}
	for _, s := range status {
		f := Finding{Migration: s.Migration, Application: s.Application}
		switch s.State {
		case StateEdited:
			f.Kind = FindingEdited
		case StateMissing:
			f.Kind = FindingMissing
		case StateUnknown:
			f.Kind = FindingUnknown
		case StatePending, StatePartial, StateApplied:
			switch {
			case s.State == StatePartial && s.NoFile:
				f.Kind = FindingHalfDone
			case s.OutOfOrder:
				f.Kind = FindingOutOfOrder
			default:
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// strict refuses what [WithStrict] asks to be refused, and gives what was found,
// then too. It is for those who have the lock.
func (m *Migrator) strict(s *state) ([]Finding, error) {
	status, err := m.statusOf(s)
	if err != nil {
		return nil, err
	}
	return m.judge(Findings(status))
}

// strictOutside is strict for those who do not have the lock.
func (m *Migrator) strictOutside(ctx context.Context, s *state) ([]Finding, error) {
	status, err := m.statusOf(s)
	if err != nil {
		return nil, err
	}
	return m.judge(m.underWay(ctx, Findings(status)))
}

func (m *Migrator) judge(found []Finding) ([]Finding, error) {
	if m.cfg.strict && len(found) > 0 {
		return found, &StrictError{Findings: found}
	}
	return found, nil
}

// logFindings logs them for those who use the package without its results.
func (r *run) logFindings(ctx context.Context) {
	for _, f := range r.result.Findings {
		r.cfg.logger.WarnContext(ctx, "migration differs", "kind", string(f.Kind), "source", f.Source,
			"version", f.Version, "file", f.File)
	}
}
