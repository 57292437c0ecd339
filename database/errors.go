package database

import (
	"errors"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// ErrURL says that a database URL cannot be used. The error's text tells what
// is wrong with it and never shows the password.
var ErrURL = errors.New("database URL")

// Codes of a violated unique index or primary key.
const (
	postgresUnique   = "23505"
	mysqlDuplicate   = 1062
	sqliteUnique     = 2067
	sqlitePrimaryKey = 1555
)

// Codes of a transaction that lost against another one and was rolled back.
const (
	postgresSerialization = "40001"
	postgresDeadlock      = "40P01"
	postgresLockTimeout   = "55P03"
	mysqlLockWait         = 1205
	mysqlDeadlock         = 1213
)

// IsBusy reports whether err says that a transaction lost against another one, by
// a lock, a deadlock or a conflict, so that it may pass when it is tried again
// from its beginning.
func IsBusy(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == postgresSerialization || pg.Code == postgresDeadlock || pg.Code == postgresLockTimeout
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == mysqlLockWait || my.Number == mysqlDeadlock
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code()&0xff == sqliteBusy
	}
	return false
}

// IsDuplicate reports whether err is a violation of a unique index or a primary
// key, on any of the databases. GORM's own translation does nothing over the
// pure Go SQLite driver.
func IsDuplicate(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == postgresUnique
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == mysqlDuplicate
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqliteUnique || lite.Code() == sqlitePrimaryKey
	}
	return false
}
