package database

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/schemactl/schemactl/internal/direct"
)

// ErrNotDirect says that a connection is not one of GORM's own driver for PostgreSQL.
var ErrNotDirect = direct.ErrNot

// DirectRows are rows as the driver gives them. Scan takes what pgx does: pointers to
// values of the columns' types, or to a pointer where a column may be NULL, and what has
// ScanBytes([]byte) error, whose bytes are the driver's and valid until it returns.
type DirectRows interface {
	Next() bool
	Scan(to ...any) error
	Err() error
}

// QueryDirect runs a query on a connection to PostgreSQL and has read read its rows,
// below database/sql: the conversions of that take longer than all else when rows are
// read by the hundred thousand. Rows that read leaves are passed over. The error is
// [ErrNotDirect] for another driver, else that of the query or of read.
func QueryDirect(ctx context.Context, conn *sql.Conn, read func(DirectRows) error, query string, args ...any) error {
	return conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return ErrNotDirect
		}
		rows, err := c.Conn().Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		if err := read(rows); err != nil {
			return err
		}
		rows.Close()
		return rows.Err()
	})
}
