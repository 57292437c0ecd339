package database

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	gormmysql "gorm.io/driver/mysql"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite" // registers the driver "sqlite" too
)

// sqliteBusy is the primary result code SQLITE_BUSY.
const sqliteBusy = 5

// openSQLite opens the first connection itself and tries again while the file is
// busy: when several processes open a new file at once, all but one are refused
// the change to write-ahead logging, where SQLite ignores its busy timeout.
func openSQLite(ctx context.Context, dsn string) (*sql.DB, error) {
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	for {
		err := pool.PingContext(ctx)
		if err == nil {
			return pool, nil
		}
		busy, ok := errors.AsType[*sqlite.Error](err)
		if !ok || busy.Code()&0xff != sqliteBusy {
			return nil, errors.Join(err, pool.Close())
		}
		select {
		case <-time.After(2*time.Millisecond + rand.N(10*time.Millisecond)):
		case <-ctx.Done():
			return nil, errors.Join(err, pool.Close())
		}
	}
}

// closeConn closes the pool of a database that GORM would not take.
func closeConn(d gorm.Dialector) error {
	var conn gorm.ConnPool
	switch d := d.(type) {
	case *gormsqlite.Dialector:
		conn = d.Conn
	case *gormmysql.Dialector:
		conn = d.Conn
	}
	if pool, ok := conn.(*sql.DB); ok {
		return pool.Close()
	}
	return nil
}
