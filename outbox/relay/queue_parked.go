package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/schemactl/schemactl/internal/placeholder"
)

// parkedSQL is how a database asks for what is parked.
type parkedSQL struct {
	columns   string // of outbox_parked, as [Row.scan] reads them
	key, text string // placeholders, with their types where those are not known
	time      string
	layout    string // of a time that is passed as text
	now       string
	keyed     string // the condition that there is a key
	patience  string // a statement that bounds waits for rows, where they last
	bind      func(query string) string
}

var parkedDialects = map[string]parkedSQL{
	"postgres": {
		columns: "id, event_id::text, type, sequence, topic, event_key, headers::text, payload, created_at",
		key:     "?::bytea", text: "?::text", time: "?::timestamptz", layout: time.RFC3339Nano, now: "now()", keyed: `event_key <> '\x'::bytea`, bind: placeholder.Numbered,
	},
	"mysql": {
		columns: "id, event_id, type, sequence, topic, event_key, headers, payload, created_at",
		key:     "?", text: "?", time: "?", layout: "2006-01-02 15:04:05.999999", now: "UTC_TIMESTAMP(6)", keyed: "event_key <> ''", bind: asItIs,
		patience: mysqlPatience,
	},
	"sqlite": {
		columns: "id, event_id, type, sequence, topic, event_key, headers, payload, created_at",
		key:     "?", text: "?", time: "?", layout: "2006-01-02T15:04:05.000Z", now: "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", keyed: "length(event_key) > 0", bind: asItIs,
	},
}

func asItIs(query string) string { return query }

// found reads what is parked and tells what came late. It needs to see other shards'
// topics, and their keys not.
func (s parkedSQL) found(ctx context.Context, q querier, shard string, limit int) (out ParkedKeys, late []ParkedKey, err error) {
	defer wrapParked(&err)
	topics, err := s.read(ctx, q, limit, `SELECT topic, '', 1, MIN(CASE WHEN retry THEN 1 ELSE 0 END), 0
FROM outbox_parked WHERE scope = 'topic' GROUP BY topic LIMIT ?`)
	if err != nil {
		return out, nil, err
	}
	// A key is late when some of its events are told to go on, and others not; or when
	// what they waited behind was discarded. A mark holds it back by itself. Events
	// without a key have nothing to do with each other.
	keys, err := s.read(ctx, q, limit, `SELECT topic, event_key, 0, MAX(CASE WHEN retry THEN 1 ELSE 0 END),
CASE WHEN MAX(CASE WHEN id < 0 AND NOT retry THEN 1 ELSE 0 END) = 0 AND MIN(CASE WHEN retry THEN 1 ELSE 0 END) = 0
	AND (MAX(CASE WHEN retry THEN 1 ELSE 0 END) = 1 OR MAX(CASE WHEN scope = 'waits' THEN 0 ELSE 1 END) = 0) THEN 1 ELSE 0 END
FROM outbox_parked WHERE `+s.keyed+` AND topic NOT IN (SELECT topic FROM outbox_parked WHERE scope = 'topic')`+shard+`
GROUP BY topic, event_key LIMIT ?`)
	if err != nil {
		return out, nil, err
	}
	for _, k := range topics {
		out.Keys = append(out.Keys, k.ParkedKey)
		if k.Retry {
			late = append(late, k.ParkedKey)
		}
	}
	for _, k := range keys {
		out.Keys = append(out.Keys, k.ParkedKey)
		if k.late {
			late = append(late, k.ParkedKey)
		}
	}
	if len(out.Keys) >= limit {
		return out, nil, fmt.Errorf("%d keys are parked or more: events of others might overtake them, so nothing is relayed until "+
			"some are discarded or told to go on, or their topic is parked as a whole", limit)
	}
	var again int
	err = q.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT id FROM outbox_parked WHERE retry"+shard+" LIMIT 1) AS one").Scan(&again)
	out.Again = again > 0 || len(late) > 0
	return out, late, err
}

// lateKey is a key, and whether its events are to be told.
type lateKey struct {
	ParkedKey
	late bool
}

func (s parkedSQL) read(ctx context.Context, q querier, limit int, query string) (out []lateKey, err error) {
	res, err := q.QueryContext(ctx, s.bind(query), limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	for res.Next() {
		var k lateKey
		if err := res.Scan(&k.Topic, &k.Key, &k.Whole, &k.Retry, &k.late); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, res.Err()
}

// tellLate has rows that came late be relayed with those before them.
func (s parkedSQL) tellLate(ctx context.Context, q querier, late []ParkedKey) (err error) {
	defer wrapParked(&err)
	for _, k := range late {
		query, args := "UPDATE outbox_parked SET retry = ? WHERE id > 0 AND NOT retry AND topic = ?", []any{true, k.Topic}
		if !k.Whole {
			query, args = query+" AND event_key = "+s.key, append(args, k.Key)
		}
		if _, err := q.ExecContext(ctx, s.bind(query), args...); err != nil {
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
func (s parkedSQL) repark(ctx context.Context, q querier, r *Row, reason string) error {
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
	_, err := q.ExecContext(ctx, s.bind(`UPDATE outbox_parked SET retry = ?, reason = ?, attempts = attempts + 1,
scope = CASE WHEN scope = 'waits' THEN 'key' ELSE scope END WHERE id = ?`), false, reason, r.ID)
	return err
}

func wrapParked(err *error) {
	if *err != nil {
		*err = fmt.Errorf("outbox_parked: %w", *err)
	}
}
