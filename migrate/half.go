package migrate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
)

// prefix identifies the first n statements.
func prefix(statements []string, n int) string {
	h := sha256.New()
	for _, s := range statements[:n] {
		hashStatement(h, s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// prefix is [prefix] for one who asks after each statement.
func (s *script) prefix(n int) string {
	if n == 0 {
		return prefix(nil, 0)
	}
	if s.sum == nil {
		s.sum = sha256.New()
	}
	for len(s.sums) < n {
		hashStatement(s.sum, s.statements[len(s.sums)])
		s.sums = append(s.sums, [sha256.Size]byte(s.sum.Sum(nil)))
	}
	return hex.EncodeToString(s.sums[n-1][:])
}

func hashStatement(h hash.Hash, text string) {
	_, _ = fmt.Fprintf(h, "%d:%s\n", len(text), text) // a hash takes everything
}

// checkHalf decides whether a run that ended inside the job's file may be
// continued: only if nothing could run twice, nor anything be left out.
func (m *Migrator) checkHalf(j *job) error {
	h := j.half
	if h == nil {
		return nil
	}
	e := halfDone(j.file.Migration, h)
	if j.script == nil {
		e.InDoubt = inDoubt(h)
		e.Reason = "how far its function came is not known"
		e.Mend = fmt.Sprintf("look; when all of it took effect: %s; when nothing did, or once that is undone: %s; then run again",
			repairCommand(h.key, "--applied"), repairCommand(h.key, "--undone"))
		return e
	}
	statements := j.script.statements
	all := "or finish it by hand and record that: " + repairCommand(h.key, "--applied")
	switch {
	case h.direction != j.direction:
		e.Reason = "it has to be finished in that direction first"
		e.Mend = fmt.Sprintf("run %s again", h.direction)
	case h.done > len(statements) || h.prefixChecksum != prefix(statements, h.done):
		e.InDoubt = inDoubt(h)
		e.Reason = "the statements that are done are not those of the file any more"
		e.Mend = "bring their text back and run again, " + all
	case h.started > h.done && h.started <= len(statements):
		e.InDoubt = inDoubt(h)
		e.Reason = fmt.Sprintf("whether %s (%s) took effect is not known", span(h.done, h.started),
			m.dialect.lexis().excerpt(statements[h.done]))
		e.Mend = fmt.Sprintf("look, and if so: %s; if not: %s; then run again; %s",
			repairCommand(h.key, fmt.Sprintf("--done %d", h.started)), notDone(h), all)
	case h.started > h.done:
		e.InDoubt = inDoubt(h)
		e.Reason = fmt.Sprintf("whether %s took effect is not known, and the file has not as many any more", span(h.done, h.started))
		e.Mend = "bring their text back and run again, " + all
	case slices.ContainsFunc(j.script.blocks, func(b block) bool { return b.first < h.done && h.done < b.end }):
		e.Reason = "the next statement belongs to a transaction that began before it"
		e.Mend = all[len("or "):]
	default:
		if e.Reason = m.dialect.lexis().gone(j.script, h.done); e.Reason == "" {
			return nil
		}
		e.Mend = fmt.Sprintf("change what comes after statement %d so that it does without, and run again; or undo what was done "+
			"and forget it: %s; %s", h.done, repairCommand(h.key, "--undone"), all)
	}
	return e
}

// notDone is the command for a statement in doubt that had no effect.
func notDone(h *record) string {
	if h.done == 0 {
		return repairCommand(h.key, "--undone")
	}
	return repairCommand(h.key, fmt.Sprintf("--done %d", h.done))
}

// repairCommand is the command line that does what [Migrator.Repair] does.
func repairCommand(k key, flag string) string {
	return fmt.Sprintf("schemactl migrate repair %s %d %s", k.source, k.version, flag)
}

// inDoubt is the number of the first statement that may have taken effect.
func inDoubt(h *record) int {
	if h.started > h.done {
		return h.done + 1
	}
	return 0
}

// checkHalfUndone refuses an up while a down has ended inside a file.
func (m *Migrator) checkHalfUndone(s *state) error {
	for _, f := range m.files() {
		if h := s.half(f.key()); h != nil && h.direction == DirectionDown {
			e := halfDone(f.Migration, h)
			e.Reason, e.Mend = "it has to be undone to the end first", "run down again"
			return e
		}
	}
	return nil
}

func halfDone(m Migration, h *record) *HalfDoneError {
	return &HalfDoneError{
		Migration: m, Direction: h.direction, Done: h.done, Statements: h.statements,
		Application: h.application, Host: h.host, At: h.updatedAt,
	}
}
