package migrate

import (
	"context"
	"errors"
	"slices"
)

// Reason is why a migration is in a [Plan].
type Reason string

// The reasons.
const (
	// ReasonPending: it has not been applied.
	ReasonPending Reason = "pending"
	// ReasonOutOfOrder: the same, and a newer one of its source is applied.
	ReasonOutOfOrder Reason = "out_of_order"
	// ReasonResume: a run ended inside it, and the next goes on at [Planned].From.
	ReasonResume Reason = "resume"
)

// Planned is a migration that an up would run.
type Planned struct {
	Migration
	Reason Reason
	// Statements are what runs, as goose reads the file; empty for a migration
	// written in Go. Literals of statements with values of environment
	// substitution in them are left out: they may be secrets.
	Statements []string
	// Lines are where the statements begin in the file, from 1; 0 is unknown.
	Lines []int
	// From is the statement (from 1) at which the run begins.
	From int
	// Transaction says that the file is recorded in the transaction that it
	// runs in, so that all of it takes effect or nothing. Otherwise statements
	// are recorded one by one: in NO TRANSACTION files, files with transactions
	// of their own, and data definition on MySQL.
	Transaction bool
	// Go says that it is written in Go.
	Go bool
}

// Plan is what an up would do at this moment.
type Plan struct {
	// Migrations in the order in which they would run.
	Migrations []Planned
	// Findings are what else is to be said about the database's migrations.
	Findings []Finding
	// Blocked is why an up would refuse to run any of it, for instance a
	// [*HalfDoneError], or with [WithStrict] a [*StrictError]; else nil.
	Blocked error
}

// Plan says what [Migrator.Up] would run. It takes no lock and writes nothing,
// so another process may have done it before an up of this one. Files that do not
// parse are a [*SourceError].
func (m *Migrator) Plan(ctx context.Context) (*Plan, error) {
	s, err := m.foresee(ctx)
	if err != nil {
		return nil, err
	}
	p := &Plan{Migrations: []Planned{}}
	if p.Findings, err = m.strictOutside(ctx, s); err != nil {
		if !errors.Is(err, ErrStrict) {
			return nil, err
		}
		p.Blocked = err
	}
	jobs, err := m.jobs(ctx, s, m.pending(s), DirectionUp)
	if err != nil {
		return nil, err
	}
	if p.Blocked == nil {
		p.Blocked = m.checkHalfUndone(s)
	}
	if p.Blocked == nil {
		p.Blocked = m.checkHalves(jobs)
	}
	if p.Blocked == nil {
		p.Blocked = m.checkRenumbered(s, jobs)
	}
	newest := s.newestApplied()
	for _, j := range jobs {
		line := m.planned(j)
		if j.half == nil && j.file.Version < newest[j.file.Source] {
			line.Reason = ReasonOutOfOrder
		}
		p.Migrations = append(p.Migrations, line)
	}
	return p, nil
}

// foresee reads the state as a run does, which asks the catalogue about a statement
// that a run has left in doubt.
func (m *Migrator) foresee(ctx context.Context) (*state, error) {
	s, err := m.survey(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(m.files(), func(f *file) bool { return s.half(f.key()) != nil }) {
		return s, nil
	}
	c, err := m.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // goes back to its pool
	return s, (&run{Migrator: m, conn: c, state: s}).settle(ctx)
}

func (m *Migrator) planned(j *job) Planned {
	line := Planned{Migration: j.file.Migration, Reason: ReasonPending, From: 1, Statements: []string{}, Lines: []int{}}
	if j.half != nil {
		line.Reason, line.From = ReasonResume, j.half.done+1
	}
	if j.script == nil {
		line.Go, line.Transaction = true, j.file.goRun.UpFnNoTxContext == nil
		return line
	}
	line.Transaction = j.half == nil && (&run{Migrator: m}).atomic(j.script)
	line.Lines, line.Statements = j.script.lines, m.shown(j)
	return line
}

// shown are the statements for people's eyes. Which of them have values of
// environment substitution in them the text tells: they have no line in it.
func (m *Migrator) shown(j *job) []string {
	out := make([]string, len(j.script.statements))
	for i, s := range j.script.statements {
		if j.script.lines[i] == 0 {
			s = m.dialect.lexis().redact(s, 0, len(s))
		}
		out[i] = s
	}
	return out
}
