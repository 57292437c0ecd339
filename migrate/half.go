package migrate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// prefix identifies the first n statements.
func prefix(statements []string, n int) string {
	h := sha256.New()
	for _, s := range statements[:n] {
		_, _ = fmt.Fprintf(h, "%d:%s\n", len(s), s) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// checkHalf decides whether a run that ended inside the job's file may be
// continued: only if nothing could run twice, nor anything be left out.
func (r *run) checkHalf(j *job) error {
	h := j.half
	if h == nil || j.script == nil {
		return nil
	}
	e := halfDone(j.file, h)
	statements := j.script.statements
	// goose's row comes first: with that alone the migration already counts.
	byHand := fmt.Sprintf("or finish it by hand and record that: %[1]s; UPDATE %[2]s SET state = 'applied', "+
		"statements_started = statements, statements_done = statements, prefix_checksum = '', message = '' WHERE id = %[3]d",
		versionSQL(j), historyTable, h.id)
	switch {
	case h.direction != j.direction:
		e.Reason = "it has to be finished in that direction first"
		e.Mend = fmt.Sprintf("run %s again", h.direction)
	case h.done > len(statements) || h.prefixChecksum != prefix(statements, h.done):
		e.InDoubt = inDoubt(h)
		e.Reason = "the statements that are done are not those of the file any more"
		e.Mend = "bring their text back and run again, " + byHand
	case h.started > h.done && h.started <= len(statements):
		e.InDoubt = inDoubt(h)
		e.Reason = fmt.Sprintf("whether %s (%s) took effect is not known", span(h.done, h.started),
			r.dialect.lexis().excerpt(statements[h.done]))
		e.Mend = fmt.Sprintf("look, and if so: UPDATE %[1]s SET statements_done = %[2]d, prefix_checksum = '%[5]s' WHERE id = %[4]d; "+
			"if not: UPDATE %[1]s SET statements_started = %[3]d WHERE id = %[4]d; then run again; %[6]s",
			historyTable, h.started, h.done, h.id, prefix(statements, h.started), byHand)
	case h.started > h.done:
		e.InDoubt = inDoubt(h)
		e.Reason = fmt.Sprintf("whether %s took effect is not known, and the file has not as many any more", span(h.done, h.started))
		e.Mend = "bring their text back and run again, " + byHand
	case slices.ContainsFunc(j.script.blocks, func(b block) bool { return b.first < h.done && h.done < b.end }):
		e.Reason = "the next statement belongs to a transaction that began before it"
		e.Mend = byHand[len("or "):]
	case slices.ContainsFunc(statements[:h.done], setsSession):
		e.Reason = "those that are done set up a session that is gone"
		e.Mend = fmt.Sprintf("undo what was done and forget it: DELETE FROM %s WHERE id = %d; %s", historyTable, h.id, byHand)
	default:
		return nil
	}
	return e
}

// inDoubt is the number of the first statement that may have taken effect.
func inDoubt(h *record) int {
	if h.started > h.done {
		return h.done + 1
	}
	return 0
}

// versionSQL is what records the job in goose's table.
func versionSQL(j *job) string {
	if j.direction == DirectionDown {
		return fmt.Sprintf("DELETE FROM %s WHERE version_id = %d", j.file.src.table, j.file.Version)
	}
	return fmt.Sprintf("INSERT INTO %s (version_id, is_applied) VALUES (%d, true)", j.file.src.table, j.file.Version)
}

// checkHalfUndone refuses an up while a down has ended inside a file.
func (r *run) checkHalfUndone() error {
	for _, f := range r.files() {
		if h := r.state.half(f.key()); h != nil && h.direction == DirectionDown {
			e := halfDone(f, h)
			e.Reason, e.Mend = "it has to be undone to the end first", "run down again"
			return e
		}
	}
	return nil
}

func halfDone(f *file, h *record) *HalfDoneError {
	return &HalfDoneError{
		Migration: f.Migration, Direction: h.direction, Done: h.done, Statements: h.statements,
		Application: h.application, Host: h.host, At: h.updatedAt,
	}
}
