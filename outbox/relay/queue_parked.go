package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// parkedSQL is how a database asks for what is parked.
type parkedSQL struct {
	columns   string // of outbox_parked, as [Row.scan] reads them
	key, text string // placeholders, with their types where those are not known
	time      string
	layout    string // of a time that is passed as text
	now       string
	bind      func(query string) string
}

var parkedDialects = map[string]parkedSQL{
	"postgres": {
		columns: "id, event_id::text, type, sequence, topic, event_key, headers::text, payload, created_at",
		key:     "?::bytea", text: "?::text", time: "?::timestamptz", layout: time.RFC3339Nano, now: "now()", bind: numbered,
	},
	"mysql": {
		columns: "id, event_id, type, sequence, topic, event_key, headers, payload, created_at",
		key:     "?", text: "?", time: "?", layout: "2006-01-02 15:04:05.999999", now: "UTC_TIMESTAMP(6)", bind: asItIs,
	},
	"sqlite": {
		columns: "id, event_id, type, sequence, topic, event_key, headers, payload, created_at",
		key:     "?", text: "?", time: "?", layout: "2006-01-02T15:04:05.000Z", now: "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", bind: asItIs,
	},
}

func asItIs(query string) string { return query }

// numbered replaces each ? by $1, $2 and so on.
func numbered(query string) string {
	out, n := make([]byte, 0, len(query)+8), 0
	for i := range len(query) {
		if query[i] != '?' {
			out = append(out, query[i])
			continue
		}
		n++
		out = fmt.Appendf(out, "$%d", n)
	}
	return string(out)
}

// keys reads what is parked. late are those whose rows are not all told the same: some
// were parked while their key was told to be relayed again.
func (s parkedSQL) keys(ctx context.Context, q querier, limit int) (out, late []ParkedKey, err error) {
	defer wrapParked(&err)
	res, err := q.QueryContext(ctx, s.bind(`SELECT topic, event_key, MAX(CASE WHEN scope = 'topic' THEN 1 ELSE 0 END),
MAX(CASE WHEN retry THEN 1 ELSE 0 END), MIN(CASE WHEN retry THEN 1 ELSE 0 END)
FROM outbox_parked GROUP BY topic, event_key ORDER BY 3 DESC, 1, 2 LIMIT ?`), limit)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	again := map[string]bool{} // topics that are relayed again as a whole
	for res.Next() {
		var k ParkedKey
		var whole, some, all int
		if err := res.Scan(&k.Topic, &k.Key, &whole, &some, &all); err != nil {
			return nil, nil, err
		}
		k.Whole, k.Retry = whole == 1, some == 1
		if k.Whole && k.Retry {
			again[k.Topic] = true
		}
		// Events without a key have nothing to do with each other.
		if all == 0 && (again[k.Topic] || k.Retry && len(k.Key) > 0) {
			late = append(late, k)
		}
		out = append(out, k)
	}
	return out, late, res.Err()
}

// tellLate has rows that came late be relayed with those before them.
func (s parkedSQL) tellLate(ctx context.Context, q querier, late []ParkedKey) (err error) {
	defer wrapParked(&err)
	for _, k := range late {
		if _, err := q.ExecContext(ctx, s.bind("UPDATE outbox_parked SET retry = ? WHERE topic = ? AND event_key = "+s.key), true, k.Topic, k.Key); err != nil {
			return err
		}
	}
	return nil
}

// list reads parked rows in order of their ids, where a condition holds.
func (s parkedSQL) list(ctx context.Context, q querier, limit int, where string, args ...any) (_ []ParkedRow, err error) {
	defer wrapParked(&err)
	res, err := q.QueryContext(ctx, s.bind("SELECT "+s.columns+", scope, reason, attempts FROM outbox_parked WHERE "+where+" ORDER BY id LIMIT ?"),
		append(args, limit)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	var out []ParkedRow
	for size := 0; size < maxFetchBytes && res.Next(); {
		var p ParkedRow
		if err := p.scan(res, &p.Scope, &p.Reason, &p.Attempts); err != nil {
			return nil, err
		}
		p.Mark = p.EventID == ""
		out = append(out, p)
		size += p.size()
	}
	return out, res.Err()
}

// repark keeps the key of a row, or its topic when that waits as a whole, from being
// relayed again.
func (s parkedSQL) repark(ctx context.Context, q querier, r *Row, reason string) (err error) {
	defer wrapParked(&err)
	var whole sql.NullInt64
	if err := q.QueryRowContext(ctx, s.bind("SELECT MIN(id) FROM outbox_parked WHERE topic = ? AND scope = 'topic'"), r.Topic).Scan(&whole); err != nil {
		return err
	}
	behind, args := "topic = ? AND event_key = "+s.key, []any{r.Topic, r.Key}
	switch {
	case whole.Valid:
		behind, args = "topic = ?", []any{r.Topic}
	case len(r.Key) == 0:
		behind, args = "id = ?", []any{r.ID}
	}
	// The row itself last: as long as it is to be relayed, so is what it holds up.
	if _, err := q.ExecContext(ctx, s.bind("UPDATE outbox_parked SET retry = ? WHERE id <> ? AND "+behind), append([]any{false, r.ID}, args...)...); err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, s.bind(`UPDATE outbox_parked SET retry = ?, reason = ?, attempts = attempts + 1,
scope = CASE WHEN scope = 'waits' THEN 'key' ELSE scope END WHERE id = ?`), false, reason, r.ID)
	return err
}

// parkedOnServer is what queues with a session do alike.
type parkedOnServer struct {
	session *session
	sqls    parkedSQL
	again   string // the condition on what the queue is to give again
}

// Parked implements Queue.
func (q *parkedOnServer) Parked(ctx context.Context, limit int) (keys []ParkedKey, err error) {
	err = q.session.use(ctx, func(c querier) (err error) {
		var late []ParkedKey
		if keys, late, err = q.sqls.keys(ctx, c, limit); err != nil {
			return err
		}
		return q.sqls.tellLate(ctx, c, late)
	})
	return keys, err
}

// FetchParked implements Queue.
func (q *parkedOnServer) FetchParked(ctx context.Context, limit int) (rows []ParkedRow, err error) {
	err = q.session.use(ctx, func(c querier) (err error) {
		rows, err = q.sqls.list(ctx, c, limit, q.again)
		return err
	})
	return rows, err
}

// Repark implements Queue.
func (q *parkedOnServer) Repark(ctx context.Context, r *Row, reason string) error {
	return q.session.use(ctx, func(c querier) error { return q.sqls.repark(ctx, c, r, reason) })
}

func wrapParked(err *error) {
	if *err != nil {
		*err = fmt.Errorf("outbox_parked: %w", *err)
	}
}
