package migrate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/schemactl/schemactl/internal/dblock"
)

// halves lists the half-done migrations of one source, or of all, whether they
// have a file or not.
func (m *Migrator) halves(s *state, only string) []key {
	var out []key
	for k := range s.history {
		if (only == "" || k.source == only) && s.half(k) != nil {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(a.source, b.source))
	})
	return out
}

// ahead reports whether a version is above all files of its source, so that it
// is the business of a newer build.
func (m *Migrator) ahead(k key) bool {
	files := m.byName[k.source].files
	return len(files) == 0 || files[len(files)-1].Version < k.version
}

// of names a migration that may have no file, by its row.
func (m *Migrator) of(k key, r *record) Migration {
	if f := m.find(k); f != nil {
		return f.Migration
	}
	out := Migration{Source: k.source, Version: k.version}
	if r != nil && r.file != "" {
		out.File, out.Name = r.file, nameOf(r.file)
	}
	if out.Name == "" {
		out.Name = "version " + strconv.FormatInt(k.version, 10)
	}
	return out
}

// checkHalfElsewhere refuses while a migration of the source (of any, when it is
// empty) is half done that is none of the jobs: what was applied last is not
// what it seems.
func (r *run) checkHalfElsewhere(source string, jobs []*job) error {
	in := map[key]bool{}
	for _, j := range jobs {
		in[j.file.key()] = true
	}
	for _, k := range r.halves(r.state, source) {
		if in[k] {
			continue
		}
		h := r.state.half(k)
		e := halfDone(r.of(k, h), h)
		e.InDoubt = inDoubt(h)
		e.Reason = "it has to be finished first"
		again := fmt.Sprintf("run %s again", h.direction)
		if r.find(k) == nil {
			again = "bring its file back and " + again
		}
		e.Mend = fmt.Sprintf("%s, or undo what was done and forget it: %s", again, repairCommand(h.key, "--undone"))
		return e
	}
	return nil
}

// checkRenumbered refuses a pending file that looks like a half-done migration
// under another number: by its name, or because it begins with the statements
// that are done. They would run again.
func (m *Migrator) checkRenumbered(s *state, jobs []*job) error {
	for _, k := range m.halves(s, "") {
		h := s.half(k)
		if m.find(k) != nil || h.direction != DirectionUp {
			continue
		}
		for _, j := range jobs {
			if j.file.Source != k.source || j.half != nil || !h.begins(j) && (h.file == "" || nameOf(h.file) != j.file.Name) {
				continue
			}
			e := halfDone(m.of(k, h), h)
			e.InDoubt = inDoubt(h)
			e.Reason = fmt.Sprintf("it has no file any more, and %s looks like the same one under another number", j.file.label())
			e.Mend = fmt.Sprintf("give the file its number back and run again, or undo what was done and forget it: %s",
				repairCommand(k, "--undone"))
			return e
		}
	}
	return nil
}

// begins reports whether the job's file begins with what is done of the record's.
func (rec *record) begins(j *job) bool {
	return j.script != nil && rec.done > 0 && rec.done <= len(j.script.statements) &&
		j.script.prefix(rec.done) == rec.prefixChecksum
}

// underWay leaves out half-done migrations without a file while somebody has the
// lock: most probably a newer build is running them. It is for callers who do not
// have the lock themselves.
func (m *Migrator) underWay(ctx context.Context, found []Finding) []Finding {
	half := func(f Finding) bool { return f.Kind == FindingHalfDone }
	if !slices.ContainsFunc(found, half) {
		return found
	}
	if _, held := dblock.Who(ctx, m.db, m.name, lockName); held {
		return slices.DeleteFunc(found, half)
	}
	return found
}

// partial describes a half-done migration.
func (m *Migrator) partial(k key, half *record) Status {
	line := Status{Migration: m.of(k, half), State: StatePartial, NoFile: m.find(k) == nil}
	if !strings.HasPrefix(half.message, noteBefore) { // which is for the next run
		line.Note = half.message
	}
	line.fill(half)
	line.Direction, line.Done, line.InDoubt, line.Statements = half.direction, half.done, inDoubt(half), half.statements
	return line
}

// repairFileless writes down what is true of a half-done migration that has no
// file here. There is nothing to go on with, so it is all or nothing.
func (r *run) repairFileless(ctx context.Context, req RepairRequest, half *record) error {
	if req.Done != nil {
		return fmt.Errorf("migrate repair: %w: %s has no file here, so no run can go on in it: bring it back, or say --applied or --undone",
			ErrRefused, r.of(half.key, half))
	}
	j := &job{
		file: &file{Migration: r.of(half.key, half), src: r.byName[half.key.source]}, direction: half.direction, half: half,
	}
	rec := *half
	rec.application, rec.moduleVersion, rec.host, rec.startedAt = r.cfg.application, r.cfg.moduleVersion, r.host, time.Now()
	rec.state, rec.prefixChecksum, rec.message = rowApplied, "", r.repairNote(req)
	if req.Applied {
		rec.started, rec.done = rec.statements, rec.statements
		return r.recordRepair(ctx, j, &rec, true)
	}
	rec.started, rec.done = 0, 0
	rec.direction = map[Direction]Direction{DirectionUp: DirectionDown, DirectionDown: DirectionUp}[half.direction]
	return r.recordRepair(ctx, j, &rec, false)
}

func (r *run) repairNote(req RepairRequest) string {
	return strings.TrimSpace(fmt.Sprintf("repair %s by %s on %s", req.text(), r.cfg.application, r.host))
}

// turn is a run that went through, by the number of its row.
type turn struct {
	key key
	id  int64
	up  bool
}

// appliedAs gives the number of the row by which each migration came to be
// applied: of the first way up since it was last undone. Rows after that, of a
// baseline or a repair, do not make it the one that was applied last.
func (s *state) appliedAs() map[key]int64 {
	turns := slices.Clone(s.turns)
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Compare(a.id, b.id) })
	out := map[key]int64{}
	for _, t := range turns {
		if !t.up {
			delete(out, t.key)
		} else if _, ok := out[t.key]; !ok {
			out[t.key] = t.id
		}
	}
	return out
}
