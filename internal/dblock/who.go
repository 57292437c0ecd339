package dblock

import (
	"context"
	"database/sql"
	"os"
)

// Who says who has a lock, and whether anyone is known to have it. It does not
// try to take the lock and makes nothing. What cannot be found out counts as
// nobody: it is for messages only.
func Who(ctx context.Context, db *sql.DB, dialect, name string) (Holder, bool) {
	if !validName.MatchString(name) {
		return Holder{}, false
	}
	var h Holder
	if dialect == "sqlite" {
		var path string
		row := db.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`)
		if err := row.Scan(&path); err != nil || path == "" {
			return Holder{}, false
		}
		path += "." + name + ".lock"
		h = (&file{path: path}).holder(ctx)
		return h, h != Holder{} && !free(path) // what a killed holder wrote stays
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return Holder{}, false
	}
	defer func() { _ = c.Close() }() // goes back to its pool
	s := &server{db: db, c: c, name: name}
	if s.flavor = named(ctx, c, dialect, name); s.flavor == nil {
		return Holder{}, false
	}
	h = s.holder(ctx)
	return h, h != Holder{}
}

// MySQLName is the name under which MySQL and MariaDB know a database's lock, for
// SQL that is to take it elsewhere. It needs no escapes between quotes.
func MySQLName(database, name string) string { return mysqlLock(database, name) }

// named is a flavor that knows the lock's name on the server without having
// asked for the lock.
func named(ctx context.Context, c *sql.Conn, dialect, name string) flavor {
	switch dialect {
	case "postgres":
		p := &postgres{}
		const query = `SELECT hashtextextended('schemactl.' || $1::text || '.' || current_database(), 0)`
		if c.QueryRowContext(ctx, query, name).Scan(&p.key) == nil {
			return p
		}
	case "mysql":
		var database sql.NullString
		if c.QueryRowContext(ctx, `SELECT DATABASE()`).Scan(&database) == nil && database.Valid {
			return &mysql{lock: mysqlLock(database.String, name)}
		}
	}
	return nil
}

// free reports whether nobody has locked the file. For a moment it has the lock
// itself, which others take for a holder that is just about to end.
func free(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return os.IsNotExist(err)
	}
	defer func() { _ = f.Close() }() // which unlocks it
	ok, err := lockFile(f)
	return err == nil && ok
}
