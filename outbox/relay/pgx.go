package relay

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// errNotPgx says that a session is of another driver than GORM's own for PostgreSQL.
var errNotPgx = errors.New("the session is not pgx's")

// fetchPgx is [fetch] below database/sql, whose conversions take longer for a row than
// all else that the relay does with it.
func fetchPgx(ctx context.Context, c querier, limit int, query string, args ...any) (rows []Row, err error) {
	conn, ok := c.(*sql.Conn)
	if !ok {
		return nil, errNotPgx
	}
	err = conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return errNotPgx
		}
		res, err := c.Conn().Query(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("read outbox_events: %w", err)
		}
		defer res.Close()
		if rows, err = readRows(res, limit); err != nil {
			return fmt.Errorf("read outbox_events: %w", err)
		}
		return nil
	})
	return rows, err
}

func readRows(res pgx.Rows, limit int) ([]Row, error) {
	rows := make([]Row, 0, min(limit, 1024))
	var typ, topic again
	var room room
	var sequence pgtype.Int8
	var headers pgtype.DriverBytes
	for size := 0; size < maxFetchBytes && res.Next(); {
		rows = append(rows, Row{})
		r := &rows[len(rows)-1]
		key, payload := part{&room, &r.Key}, part{&room, &r.Payload}
		if err := res.Scan(&r.ID, &r.EventID, &typ, &sequence, &topic, &key, &headers, &payload, &r.CreatedAt); err != nil {
			return nil, err
		}
		r.Type, r.Topic, r.Sequence = string(typ), string(topic), sql.NullInt64{Int64: sequence.Int64, Valid: sequence.Valid}
		if headers != nil {
			if err := json.Unmarshal(headers, &r.Headers); err != nil {
				return nil, fmt.Errorf("headers of row %d: %w", r.ID, err)
			}
		}
		size += r.size()
	}
	res.Close() // what is behind the bound comes with the next read
	return rows, res.Err()
}

// again is a text that is mostly that of the row before.
type again string

// ScanBytes implements pgtype.BytesScanner.
func (a *again) ScanBytes(v []byte) error {
	if string(*a) != string(v) {
		*a = again(v)
	}
	return nil
}

// room is where the bytes of many rows are copied to.
type room struct{ left []byte }

const roomBytes = 1 << 16

func (r *room) copy(v []byte) []byte {
	if len(v) > len(r.left) {
		if len(v) > roomBytes/4 {
			return append([]byte(nil), v...)
		}
		r.left = make([]byte, roomBytes)
	}
	n := copy(r.left, v)
	out := r.left[:n:n]
	r.left = r.left[n:]
	return out
}

// part is a column that lies in a room.
type part struct {
	room *room
	to   *[]byte
}

// ScanBytes implements pgtype.BytesScanner.
func (p *part) ScanBytes(v []byte) error {
	if *p.to = nil; v != nil {
		*p.to = p.room.copy(v)
	}
	return nil
}
