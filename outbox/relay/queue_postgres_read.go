package relay

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/schemactl/schemactl/database"
)

// fetchDirect is [fetch] below database/sql, whose conversions take longer for a row than
// all else that the relay does with it.
func fetchDirect(ctx context.Context, c querier, limit int, query string, args ...any) (rows []Row, err error) {
	conn, ok := c.(*sql.Conn)
	if !ok {
		return nil, database.ErrNotDirect
	}
	err = database.QueryDirect(ctx, conn, func(res database.DirectRows) error {
		rows, err = readRows(res, limit)
		return err
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read outbox_events: %w", err)
	}
	return rows, nil
}

// fewRows is what there is room for at first: a relay that keeps up reads few rows, and
// does so often.
const fewRows = 64

func readRows(res database.DirectRows, limit int) ([]Row, error) {
	rows := make([]Row, 0, min(limit, fewRows))
	var typ, topic again
	var room room
	for size := 0; size < maxFetchBytes && res.Next(); {
		if len(rows) == fewRows && limit > fewRows {
			rows = slices.Grow(rows, min(limit, 1024)-fewRows)
		}
		rows = append(rows, Row{})
		r := &rows[len(rows)-1]
		var sequence *int64
		var eventID uuid.UUID
		key, payload := part{&room, &r.Key}, part{&room, &r.Payload}
		if err := res.Scan(&r.ID, (*[16]byte)(&eventID), &typ, &sequence, &topic, &key, (*headers)(&r.Headers), &payload, &r.CreatedAt); err != nil {
			return nil, fmt.Errorf("row %d: %w", r.ID, err)
		}
		r.EventID, r.Type, r.Topic = eventID.String(), string(typ), string(topic)
		if sequence != nil {
			r.Sequence = sql.NullInt64{Int64: *sequence, Valid: true}
		}
		size += r.size()
	}
	return rows, res.Err()
}

// again is a text that is mostly that of the row before.
type again string

// ScanBytes implements what [database.DirectRows] takes.
func (a *again) ScanBytes(v []byte) error {
	if string(*a) != string(v) {
		*a = again(v)
	}
	return nil
}

type headers map[string]string

// ScanBytes implements what [database.DirectRows] takes.
func (h *headers) ScanBytes(v []byte) error {
	if v == nil {
		return nil
	}
	return json.Unmarshal(v, (*map[string]string)(h))
}

// room is where the bytes of many rows are copied to. It begins small, see fewRows.
type room struct {
	left []byte
	made int // bytes, the last time
}

const roomBytes = 1 << 16

func (r *room) copy(v []byte) []byte {
	if len(v) > len(r.left) {
		if len(v) > roomBytes/4 {
			return append([]byte(nil), v...)
		}
		r.made = min(max(4*r.made, 4*len(v), roomBytes/64), roomBytes)
		r.left = make([]byte, r.made)
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

// ScanBytes implements what [database.DirectRows] takes.
func (p *part) ScanBytes(v []byte) error {
	if *p.to = nil; v != nil {
		*p.to = p.room.copy(v)
	}
	return nil
}
