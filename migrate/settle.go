package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// settle takes the doubt away from what a run left half done, where the
// catalogue can tell. It writes nothing: the next run would find the same.
func (r *run) settle(ctx context.Context) error {
	for k, h := range r.state.history {
		f := r.find(k)
		if r.state.half(k) == nil || h.started != h.done+1 || f == nil || f.goRun != nil {
			continue
		}
		parsed, err := scripts(ctx, []*file{f}, h.direction)
		if err != nil {
			continue // those who want to run it say what is wrong with the file
		}
		statements := parsed[f].statements
		if h.started > len(statements) || h.prefixChecksum != prefix(statements, h.done) {
			continue
		}
		v, err := r.judge(ctx, h, statements)
		if err != nil {
			return fmt.Errorf("ask the catalogue whether statement %d of %s, which a run that ended left in doubt, took effect: %w",
				h.started, f.Migration, err)
		}
		if v == verdictUnknown {
			continue
		}
		n := h.started
		if h.started = h.done; v == verdictDone {
			h.started, h.done = h.done+1, h.done+1
			h.prefixChecksum = prefix(statements, h.done)
		}
		r.cfg.logger.InfoContext(ctx, "found in the catalogue what became of a statement", "source", f.Source, "file", f.label(),
			"statement", n, "done", v == verdictDone)
	}
	return nil
}

// judge looks for the effect of the statement that a run had begun last.
func (r *run) judge(ctx context.Context, h *record, statements []string) (verdict, error) {
	text, l := statements[h.done], r.dialect.lexis()
	if l.session(text) == sessionSet {
		return verdictNotDone, nil // what it did is gone
	}
	if slices.ContainsFunc(statements[:h.done], func(s string) bool { return l.session(s) == sessionLost || l.leads(s) }) {
		return verdictUnknown, nil // in this session names may mean something else
	}
	switch r.name {
	case "postgres":
		return r.indexVerdict(ctx, text)
	case "sqlite":
		return verdictUnknown, nil
	}
	before, noted := h.before(text)
	e, ok := l.effect(text)
	if !noted || !ok {
		return verdictUnknown, nil
	}
	var version string
	if err := r.conn.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return verdictUnknown, err
	}
	if !atomicDDL(version) {
		return verdictUnknown, nil
	}
	var now []string
	for _, m := range e.marks {
		query, args := presence(m)
		var value string
		if err := r.conn.QueryRowContext(ctx, query, args...).Scan(&value); err != nil {
			return verdictUnknown, err
		}
		now = append(now, value)
	}
	return e.verdict(before, now), nil
}

// noteBefore makes the next write of rec, which says that block b is begun, note
// what the catalogue says of it.
func (r *run) noteBefore(ctx context.Context, j *job, rec *record, b block) {
	r.noteAs(j, rec, b, func(m mark) (string, bool) { return r.hasColumn(ctx, m) })
}

// noteAs is noteBefore, where look may know already what the catalogue says.
func (r *run) noteAs(j *job, rec *record, b block, look func(mark) (value string, ok bool)) {
	rec.note, rec.noteArgs = "", nil
	if r.name != "mysql" || b.own || b.end != b.first+1 {
		return
	}
	text := j.script.statements[b.first]
	e, ok := r.dialect.lexis().effect(text)
	if !ok {
		return
	}
	rec.note, rec.noteArgs = "CONCAT_WS(' ', ?", []any{beforeNote(b.end, text)}
	for _, m := range e.marks {
		if value, ok := look(m); ok {
			rec.note += ", ?"
			rec.noteArgs = append(rec.noteArgs, value)
			continue
		}
		query, args := presence(m)
		rec.note += ", (" + query + ")"
		rec.noteArgs = append(rec.noteArgs, args...)
	}
	rec.note += ")"
}

// hasColumn asks for a column by naming it. MariaDB answers that in 30 µs; its view
// of all columns takes 700 µs even for one of them, as it has texts of any length
// and so is built on disk (MariaDB 10.11, October 2026). Views of other things are
// as fast, and what is wrong with this question the view may still answer.
func (r *run) hasColumn(ctx context.Context, m mark) (value string, ok bool) {
	if m.kind != markColumn {
		return "", false
	}
	name := func(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }
	table := name(m.table)
	if m.schema != "" {
		table = name(m.schema) + "." + table
	}
	_, err := r.conn.ExecContext(ctx, "SELECT "+name(m.name)+" FROM "+table+" LIMIT 0")
	switch r.dialect.code(err) {
	case "":
		return "1", err == nil
	case "1054", "1146": // no such column, no such table
		return absent, true
	}
	return "", false
}
