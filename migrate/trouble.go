package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// adviceError is an error with the way out behind it.
type adviceError struct {
	err  error
	kind error // a sentinel that it matches, too; may be nil
	way  string
}

func (e *adviceError) Error() string { return e.err.Error() + "; " + e.way }

func (e *adviceError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.err}
	}
	return []error{e.err, e.kind}
}

func advised(err, kind error, way string) error { return &adviceError{err, kind, way} }

// advise adds the way out to what a caller gets, where the database's code tells
// what is the matter: rights, writes that it does not take, room, time, and
// tables that another version of this package has made.
func (m *Migrator) advise(err error) error {
	if err == nil || errors.As(err, new(*adviceError)) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrDenied) {
		return err
	}
	if m.name == "sqlite" && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)) {
		return advised(err, ErrDenied, "to migrate, this process's user needs the right to write the database's file, its lock file and their folder")
	}
	code := m.dialect.code(err)
	if code == "" {
		return err
	}
	statement := errors.As(err, new(*StatementError))
	switch m.name + " " + code {
	case "postgres 42501", "postgres 3F000", "mysql 1044", "mysql 1142", "mysql 1143", "mysql 1227", "mysql 1370":
		return advised(err, ErrDenied, m.rights(statement))
	case "postgres 25006":
		return advised(err, ErrReadOnly, "the server, the database or the role takes no writes here: migrate at the primary")
	case "mysql 1290", "mysql 1836":
		if strings.Contains(strings.ReplaceAll(err.Error(), "_", "-"), "read-only") {
			return advised(err, ErrReadOnly, readOnlyMySQL)
		}
	case "sqlite 8":
		return advised(err, ErrReadOnly, "the URL or the rights on the file allow to read only: connect without mode=ro and immutable=1, "+
			"as a user who may write the file and its folder")
	case "postgres 53100", "mysql 1021", "mysql 1114", "sqlite 13":
		return advised(err, nil, "make room and run it again")
	case "postgres 55P03", "mysql 1205", "sqlite 5":
		return advised(err, nil, fmt.Sprintf("the lock timeout is %v (--lock-timeout), and what may be tried again was, up to %d times: "+
			"see who holds the lock, or allow more", m.cfg.lockTimeout, m.cfg.lockRetries))
	case "postgres 57014", "mysql 1969":
		if statement && m.cfg.statementTimeout > 0 {
			return advised(err, nil, fmt.Sprintf("the statement timeout is %v (--statement-timeout): allow more, or make the statement smaller",
				m.cfg.statementTimeout))
		}
	case "postgres 42703", "postgres 23502", "mysql 1054", "mysql 1364", "sqlite 1", "sqlite 1299":
		if !statement && (code != "1" || strings.Contains(err.Error(), "no such column")) {
			return advised(err, nil, historyTable+" or goose's table is not as this version of the module makes it: use the version that made it, or a newer one")
		}
	}
	return err
}

// rights says which of them are missing: for a migration's own statement the
// database has said it.
func (m *Migrator) rights(statement bool) string {
	switch {
	case statement && m.name == "postgres":
		return "grant that to the role that migrates, or migrate as the role that owns it"
	case statement:
		return "grant that to the user who migrates, or migrate as one who may"
	case m.name == "postgres":
		return "the role that migrates needs USAGE and CREATE on the schema, and to read what is applied SELECT on " + historyTable +
			" and goose's tables: grant that, or connect as the owner"
	}
	return "the user who migrates needs CREATE, ALTER, DROP, INDEX, SELECT, INSERT, UPDATE and DELETE on the database, " +
		"and to read what is applied SELECT: grant that, or connect as another user"
}
