package migrate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// job prints one file with its rows.
func (p *scriptPrinter) job(j *job) error {
	rec, err := p.newRecord(j)
	if err != nil {
		return err
	}
	rec.host = ""
	p.line("\n-- %s", oneLine(fmt.Errorf("%s", j.file.Migration)))
	applied := fmt.Sprintf("COALESCE((SELECT %s FROM %s WHERE version_id = %d ORDER BY id DESC LIMIT 1), false)",
		p.dialect.isApplied(), j.file.src.table, j.file.Version)
	if j.half != nil || !p.atomic(j.script) {
		p.guard(j.file.String()+" is applied already", applied)
		p.steps(j, rec)
		return nil
	}
	p.line("%s;", p.begin())
	p.guard(j.file.String()+" is applied already", applied)
	for _, text := range j.script.statements {
		p.statement(text)
	}
	rec.finish()
	rec.message = scriptNote
	p.insertRow(rec, true)
	p.line("%s;\nCOMMIT;", p.versionRow(j))
	return nil
}

func (p *scriptPrinter) versionRow(j *job) string {
	return fmt.Sprintf("INSERT INTO %s (version_id, is_applied) VALUES (%d, true)", j.file.src.table, j.file.Version)
}

// steps prints a file that cannot run in one transaction, with the same rows
// that a run would write on its way.
func (p *scriptPrinter) steps(j *job, rec *record) {
	which := fmt.Sprintf("source = %s AND version = %d AND state <> '%s'", p.literal(j.file.Source), j.file.Version, rowApplied)
	rec.state = rowRunning
	if j.half != nil {
		which = fmt.Sprintf("id = %d", j.half.id)
		rec.came(j, j.half.done)
		for _, i := range p.lexis.again(j.script, rec.done) {
			p.statement(j.script.statements[i])
		}
	} else {
		rec.came(j, 0)
		p.insertRow(rec, true)
	}
	update := func(set string) {
		p.line("UPDATE %s SET %s, updated_at = %s WHERE %s;", historyTable, set, p.now(), which)
	}
	for _, b := range j.script.blocks {
		if b.end <= rec.done {
			continue
		}
		if b.own && p.undoable(j, b) {
			rec.came(j, b.end)
			p.blockOf(j, b, func() {
				update(fmt.Sprintf("state = '%s', statements_started = %d, statements_done = %d, prefix_checksum = '%s'",
					rowRunning, b.end, b.end, rec.prefixChecksum))
			})
			continue
		}
		p.noteAs(j, rec, b, func(mark) (string, bool) { return "", false })
		update(fmt.Sprintf("state = '%s', statements_started = %d, message = %s", rowRunning, b.end, p.note(rec)))
		p.wait(j.script.statements[b.first], func() {
			p.blockOf(j, b, func() {})
		})
		rec.came(j, b.end)
		update(fmt.Sprintf("statements_done = %d, prefix_checksum = '%s'", b.end, rec.prefixChecksum))
	}
	p.line("%s;", p.begin())
	n := len(j.script.statements)
	update(fmt.Sprintf("state = '%s', statements_started = %d, statements_done = %d, prefix_checksum = '', message = '%s', "+
		"file = %s, checksum = '%s', statements = %d", rowApplied, n, n, scriptNote, p.literal(rec.file), rec.checksum, n))
	p.line("%s;\nCOMMIT;", p.versionRow(j))
}

// note is SQL for the message about what was there before a statement.
func (p *scriptPrinter) note(rec *record) string {
	text, args := rec.note, rec.noteArgs
	rec.note = ""
	if text == "" {
		return "''"
	}
	var b strings.Builder
	for i, piece := range strings.Split(text, "?") { // only placeholders are ? in it
		if i > 0 {
			b.WriteString(p.literal(fmt.Sprint(args[i-1])))
		}
		b.WriteString(piece)
	}
	return b.String()
}

// blockOf prints a block, and before its last statement what else is to be done.
func (p *scriptPrinter) blockOf(j *job, b block, atLast func()) {
	if b.open != "" {
		p.line("%s;", b.open)
	}
	for i, text := range j.script.statements[b.first:b.end] {
		if i == b.end-b.first-1 {
			atLast()
		}
		p.statement(text)
	}
	if b.shut != "" {
		p.line("%s;", b.shut)
	}
}

// wait takes the lock timeout away around what waits without harm.
func (p *scriptPrinter) wait(text string, do func()) {
	if !p.dialect.waitsHarmlessly(text) || p.cfg.lockTimeout == 0 {
		do()
		return
	}
	p.line("%s;", p.dialect.lockTimeout(0))
	do()
	p.line("%s;", p.dialect.lockTimeout(p.cfg.lockTimeout))
}

// statement prints one as the database's own client takes it: with one
// semicolon at its end, and on MySQL between other marks when it has some inside.
func (p *scriptPrinter) statement(text string) {
	body := p.withoutEnd(text)
	if p.name != "mysql" || !strings.Contains(body, ";") {
		p.line("%s\n;", body)
		return
	}
	mark := "$$"
	for strings.Contains(body, mark) {
		mark += "$"
	}
	p.line("DELIMITER %s\n%s\n%s\nDELIMITER ;", mark, body, mark)
}

// withoutEnd takes a last semicolon away, even when a comment follows it.
func (p *scriptPrinter) withoutEnd(text string) string {
	for _, t := range slices.Backward(p.lexis.tokens(text)) {
		part := strings.TrimRight(text[t.from:t.to], " \t\r\n")
		switch {
		case t.kind == tokenComment || part == "":
			continue
		case strings.HasSuffix(part, ";") && t.kind != tokenLiteral && t.kind != tokenWord:
			at := t.from + len(part) - 1
			return strings.TrimSpace(text[:at] + text[at+1:])
		}
		break
	}
	return strings.TrimSpace(text)
}

// insertRow prints a history row; of one that is made now the time is the
// server's.
func (p *scriptPrinter) insertRow(rec *record, now bool) {
	var names, values []string
	for _, c := range historyColumns() {
		names = append(names, c.name)
		switch v := c.get(rec, p.dialect).(type) {
		case int64:
			values = append(values, fmt.Sprint(v))
		case string:
			if c.kind == kindTime && now {
				values = append(values, p.now())
				continue
			}
			values = append(values, p.literal(v))
		case time.Time:
			if now {
				values = append(values, p.now())
				continue
			}
			values = append(values, p.literal(v.UTC().Format("2006-01-02 15:04:05.000000Z07:00")))
		}
	}
	p.line("INSERT INTO %s (%s)\nVALUES (%s);", historyTable, strings.Join(names, ", "), strings.Join(values, ", "))
}

// now is the server's time in the form of the history's columns.
func (p *scriptPrinter) now() string {
	switch p.name {
	case "postgres":
		return "clock_timestamp()"
	case "mysql":
		return "UTC_TIMESTAMP(6)"
	default:
		return "strftime('%Y-%m-%d %H:%M:%f', 'now')"
	}
}

// literal quotes a text.
func (p *scriptPrinter) literal(s string) string {
	if p.lexis.backslash {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
