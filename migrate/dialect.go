package migrate

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// dialect is what differs between databases. Names of tables and columns that
// its methods print into SQL are this package's own.
type dialect interface {
	// createHistory makes the history table if it is missing.
	createHistory() string
	// listTables asks which of the tables exist where unqualified names lead.
	listTables(tables []string) string
	// micros is a time column of the history, in microseconds since 1970.
	micros(column string) string
	// gooseMicros is the same for the time in goose's tables, 0 when unset;
	// isApplied is a condition on its flag.
	gooseMicros() string
	isApplied() string
	// join is the columns in one text, with [separator] between them.
	join(columns []string) string
	// time is what to pass for a time column.
	time(t time.Time) any
	// bind turns the placeholders ? into the driver's.
	bind(query string) string
	// dual is the table to select from when there is none.
	dual() string
	// cast names a placeholder's type where the database cannot infer it.
	cast(kind columnKind) string
	// settings makes a session fit for migrations; undo takes that back, for
	// sessions that go back to their pool.
	settings(ctx context.Context, c *sql.Conn, cfg *config) (undo func(context.Context) error, err error)
	// inOneText says that a text may hold several statements, which are sent and
	// answered in one round trip: see [run.applyText].
	inOneText() bool
	// compounds says that a statement may hold others, with their arguments, though
	// not on every server: see [run.compound].
	compounds() bool
	// bundles says that files may share a transaction: see [run.together].
	bundles() bool
	// prepares says that the driver prepares a statement with arguments anew
	// each time. returning says that INSERT … RETURNING is to be had; else the
	// driver tells the number of a new row.
	prepares() bool
	returning() bool
	// transactionalDDL says whether data definition can be rolled back.
	transactionalDDL() bool
	// mayRollBack says whether a statement's effect is undone by a rollback,
	// so that it can be recorded in its own transaction. Unsure means no.
	mayRollBack(statement string) bool
	// lexis is how its SQL is written.
	lexis() lexis
	// code is the database's own code of an error, as its manual has it; empty
	// when err is none of its errors.
	code(err error) string
	// retryable says whether err is a lock timeout or a deadlock: a statement
	// or a transaction that has not committed on its way did nothing, and
	// trying again may help.
	retryable(err error) bool
	// waitsHarmlessly says whether a statement waits for others without
	// holding anyone up, so that a lock timeout would only break it.
	waitsHarmlessly(statement string) bool
	// leftovers says what a statement that failed may have left behind.
	leftovers(statement string) string
	// lockTimeout sets the session's lock timeout; zero is none.
	lockTimeout(d time.Duration) string
	// observer asks the server about another session; nil where there is none.
	observer() observer
}

func dialectOf(name string) (dialect, bool) {
	switch name {
	case "postgres":
		return postgres{}, true
	case "mysql":
		return mysql{}, true
	case "sqlite":
		return sqlite{}, true
	default:
		return nil, false
	}
}

// columnKind is the type of a history column.
type columnKind int

const (
	kindText columnKind = iota
	kindNumber
	kindTime
)

// historyColumn is a column that is written when a row is made.
type historyColumn struct {
	name string
	kind columnKind
	get  func(r *record, d dialect) any
}

// historyColumns are all columns but the row's own number.
func historyColumns() []historyColumn {
	text := func(name string, get func(*record) string) historyColumn {
		return historyColumn{name, kindText, func(r *record, _ dialect) any { return get(r) }}
	}
	number := func(name string, get func(*record) int64) historyColumn {
		return historyColumn{name, kindNumber, func(r *record, _ dialect) any { return get(r) }}
	}
	at := func(name string, get func(*record) time.Time) historyColumn {
		return historyColumn{name, kindTime, func(r *record, d dialect) any { return d.time(get(r)) }}
	}
	return []historyColumn{
		text("source", func(r *record) string { return r.key.source }),
		number("version", func(r *record) int64 { return r.key.version }),
		text("direction", func(r *record) string { return string(r.direction) }),
		text("state", func(r *record) string { return r.state }),
		text("file", func(r *record) string { return clip(r.file) }),
		text("checksum", func(r *record) string { return r.checksum }),
		text("prefix_checksum", func(r *record) string { return r.prefixChecksum }),
		text("application", func(r *record) string { return clip(r.application) }),
		text("module_version", func(r *record) string { return clip(r.moduleVersion) }),
		text("host", func(r *record) string { return clip(r.host) }),
		number("statements", func(r *record) int64 { return int64(r.statements) }),
		number("statements_started", func(r *record) int64 { return int64(r.started) }),
		number("statements_done", func(r *record) int64 { return int64(r.done) }),
		number("duration_us", func(r *record) int64 { return r.duration.Microseconds() }),
		at("started_at", func(r *record) time.Time { return r.startedAt }),
		at("updated_at", func(r *record) time.Time { return r.updatedAt }),
		text("message", func(r *record) string { return clip(r.message) }),
	}
}

// clip keeps a text within the 255 characters that MySQL's columns have, without
// the separator of [packed], and without what no column of texts takes.
func clip(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, separator, " "), "\uFFFD")
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	if r := []rune(s); len(r) > 255 {
		return string(r[:255])
	}
	return s
}

// firstWord is a statement's first keyword in capitals, after comments; empty
// when it begins otherwise, as MySQL's executable comments do.
func firstWord(statement string) string {
	s := statement
	for {
		s = strings.TrimLeft(s, " \t\r\n(;")
		switch {
		case strings.HasPrefix(s, "--"), strings.HasPrefix(s, "#"):
			_, s, _ = strings.Cut(s, "\n")
		case strings.HasPrefix(s, "/*!"), strings.HasPrefix(s, "/*M!"):
			return ""
		case strings.HasPrefix(s, "/*"):
			_, s, _ = strings.Cut(s[2:], "*/")
		default:
			end := strings.IndexFunc(s, func(r rune) bool {
				return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_'
			})
			if end >= 0 {
				s = s[:end]
			}
			return strings.ToUpper(s)
		}
	}
}

// isData reports whether a statement only reads and writes rows.
func isData(statement string) bool {
	switch firstWord(statement) {
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "SELECT", "WITH", "VALUES", "MERGE":
		return true
	}
	return false
}

func quoteList(names []string) string { return "'" + strings.Join(names, "', '") + "'" }
