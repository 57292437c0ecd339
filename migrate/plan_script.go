package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"

	goosedb "github.com/pressly/goose/v3/database"
)

// scriptNote is what the history says of a migration that a script applied.
const scriptNote = "script"

// Script writes what [Migrator.Up] would run as a script for psql, mysql,
// mariadb or sqlite3, with the rows of goose's tables and of the history, so that
// an up after it finds nothing to do. A file that can runs in one transaction
// with its rows; of any other each statement is recorded before and after it, so
// that an up goes on, or says why it cannot, where a script has ended early.
//
// A script works on the state that it was made for: it stops where something is
// applied already, and where a migration is running (not on SQLite, where the
// transactions keep them apart). Values of environment substitution are in it.
// Migrations written in Go cannot be, and are refused. It takes no lock and
// writes nothing to the database. With nothing to do it holds comments only.
func (m *Migrator) Script(ctx context.Context, w io.Writer) error {
	s, err := m.foresee(ctx)
	if err != nil {
		return err
	}
	if _, err := m.strictOutside(ctx, s); err != nil {
		return err
	}
	jobs, err := m.upJobs(ctx, s)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.script == nil {
			return fmt.Errorf("%s is written in Go and cannot be put into a script", j.file.Migration)
		}
	}
	p := &scriptPrinter{run: &run{Migrator: m, state: s}, lexis: m.dialect.lexis()}
	if err := p.askSession(ctx); err != nil {
		return fmt.Errorf("ask for the session's settings: %w", err)
	}
	if err := p.print(ctx, jobs); err != nil {
		return err
	}
	_, err = io.WriteString(w, p.out.String())
	return err
}

// scriptPrinter prints a script. Nothing of the run but its methods is used.
type scriptPrinter struct {
	*run
	lexis     lexis
	mysqlLock string // the lock's name there
	session   []string
	out       strings.Builder
}

func (p *scriptPrinter) print(ctx context.Context, jobs []*job) error {
	clients := map[string]string{
		"postgres": "psql -f THIS_FILE", "mysql": "mariadb DATABASE < THIS_FILE", "sqlite": "sqlite3 DATABASE < THIS_FILE",
	}
	p.line("-- %d migrations for %s, to be run by: %s", len(jobs), p.name, clients[p.name])
	if len(jobs) == 0 && len(p.state.unrecorded()) == 0 {
		return nil
	}
	for _, set := range p.session {
		p.line("%s;", set)
	}
	switch p.name {
	case "postgres":
		p.line("\\set ON_ERROR_STOP on")
		p.line("SET lock_timeout = %s;", millis(p.cfg.lockTimeout))
	case "sqlite":
		p.line(".bail on")
	case "mysql":
		p.line("%s;", p.dialect.lockTimeout(p.cfg.lockTimeout))
	}
	p.guardTable()
	if err := p.tables(ctx); err != nil {
		return err
	}
	for _, k := range p.state.unrecorded() {
		rec, err := p.adopted(k)
		if err != nil {
			return err
		}
		p.insertRow(rec, false)
	}
	for _, j := range jobs {
		if err := p.job(j); err != nil {
			return err
		}
	}
	p.line("\nDROP TABLE schemactl_guard;")
	switch p.name {
	case "postgres":
		p.line("SELECT pg_advisory_unlock(hashtextextended('schemactl.%s.' || current_database(), 0));", lockName)
	case "mysql":
		p.line("DO RELEASE_LOCK('%s');", p.mysqlLock)
	}
	return nil
}

// guardTable makes the table by which the script stops itself: a second row of
// the same text is refused, and the refusal shows the text.
func (p *scriptPrinter) guardTable() {
	p.line("CREATE TEMPORARY TABLE schemactl_guard (message varchar(255) PRIMARY KEY);")
	switch p.name {
	case "postgres":
		p.guard("migrations are being run at this moment",
			"NOT pg_try_advisory_lock(hashtextextended('schemactl."+lockName+".' || current_database(), 0))")
	case "mysql":
		p.guard("migrations are being run at this moment", "COALESCE(GET_LOCK('"+p.mysqlLock+"', 0), 0) <> 1")
	}
}

// guard stops the script where a condition holds.
func (p *scriptPrinter) guard(message, condition string) {
	text := p.literal(clip(message))
	p.line("INSERT INTO schemactl_guard VALUES (%s);", text)
	p.line("INSERT INTO schemactl_guard SELECT %s%s WHERE %s;", text, p.dialect.dual(), condition)
}

// tables makes what is missing, as [run.makeTables] does.
func (p *scriptPrinter) tables(ctx context.Context) error {
	p.line("%s;", p.begin())
	if slices.Contains(p.state.missing, historyTable) {
		p.statement(p.dialect.createHistory())
	}
	for _, s := range p.sources {
		if _, ok := p.state.versions[key{s.name, 0}]; ok {
			continue
		}
		if slices.Contains(p.state.missing, s.table) {
			text, err := s.createVersionTable(ctx)
			if err != nil {
				return err
			}
			p.statement(text)
		}
		p.line("INSERT INTO %s (version_id, is_applied) VALUES (0, true);", s.table)
	}
	p.line("COMMIT;")
	return nil
}

// createVersionTable is goose's own text.
func (s *source) createVersionTable(ctx context.Context) (string, error) {
	store, err := s.store()
	if err != nil {
		return "", err
	}
	t := &tape{}
	db := sql.OpenDB(t)
	defer func() { _ = db.Close() }() // holds nothing
	var conn goosedb.DBTxConn = db
	if err := store.CreateVersionTable(ctx, conn); err != nil {
		return "", err
	}
	return strings.Join(t.statements, ";\n"), nil
}

func (p *scriptPrinter) begin() string {
	if p.name == "sqlite" {
		return "BEGIN IMMEDIATE"
	}
	return "BEGIN"
}

func (p *scriptPrinter) line(format string, args ...any) {
	_, _ = fmt.Fprintf(&p.out, format+"\n", args...) // a builder takes everything
}
