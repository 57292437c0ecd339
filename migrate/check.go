package migrate

import (
	"context"
	"fmt"
	"strings"

	"github.com/schemactl/schemactl/internal/dblock"
)

// NotReadyError says what keeps a database from being ready for a build. It
// matches [ErrNotReady].
type NotReadyError struct {
	// Pending are the migrations that are not applied, in the order of the plan.
	Pending []Migration
	// HalfDone are those in whose middle a run ended, or is at this moment.
	HalfDone []Status
	// Holder migrates at this moment; nil when nobody does, or none is known.
	Holder *Holder
}

func (e *NotReadyError) Error() string {
	var parts []string
	for _, s := range e.HalfDone {
		parts = append(parts, fmt.Sprintf("%s is half done (%s, %d of %d statements)", s.Migration, s.Direction, s.Done, s.Statements))
	}
	const most = 3
	for i, m := range e.Pending {
		if i == most {
			parts = append(parts, fmt.Sprintf("%d more", len(e.Pending)-most))
			break
		}
		parts = append(parts, m.String()+" is pending")
	}
	if e.Holder != nil {
		parts = append(parts, "migrations are being run by "+e.Holder.String())
	}
	return ErrNotReady.Error() + ": " + strings.Join(parts, ", ")
}

// Is makes errors.Is(err, ErrNotReady) hold.
func (e *NotReadyError) Is(target error) bool { return target == ErrNotReady }

// Check is for an application's start: nil when every migration that this build
// knows is applied, else a [*NotReadyError]. What a newer build has applied, or
// is about to apply, beyond that is no obstacle. It takes no lock, writes nothing and costs one
// query; only where the database is not ready it also asks who is migrating.
func (m *Migrator) Check(ctx context.Context) error {
	s, err := m.survey(ctx)
	if err != nil {
		return err
	}
	return m.check(ctx, s)
}

func (m *Migrator) check(ctx context.Context, s *state) error {
	e := &NotReadyError{}
	for _, f := range m.files() {
		if s.half(f.key()) != nil {
			line, err := m.status(s, f)
			if err != nil {
				return err
			}
			e.HalfDone = append(e.HalfDone, line)
			continue
		}
		if !s.applied(f.key()) {
			e.Pending = append(e.Pending, f.Migration)
		}
	}
	for _, k := range m.halves(s, "") {
		if m.find(k) == nil && !m.ahead(k) {
			e.HalfDone = append(e.HalfDone, m.partial(k, s.half(k)))
		}
	}
	if len(e.Pending)+len(e.HalfDone) == 0 {
		return nil
	}
	if h, held := dblock.Who(ctx, m.db, m.name, lockName); held {
		e.Holder = &h
	}
	return e
}
