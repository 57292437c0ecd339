package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Selection chooses parked events: those that everything which is set holds for. The
// zero value is all of them.
type Selection struct {
	ID     int64  // the row's; 0 is any
	Topic  string // empty is any
	Key    []byte // nil is any
	Before time.Time
	// OnlyRefused leaves out those that wait behind others.
	OnlyRefused bool
}

func (s Selection) where(sqls parkedSQL) (string, []any) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(condition string, arg any) { where, args = append(where, condition), append(args, arg) }
	if s.ID != 0 {
		add("id = ?", s.ID)
	}
	if s.Topic != "" {
		add("topic = ?", s.Topic)
	}
	if s.Key != nil {
		add("event_key = "+sqls.key, s.Key)
	}
	if !s.Before.IsZero() {
		add("parked_at < "+sqls.time, s.Before.UTC().Format(sqls.layout))
	}
	if s.OnlyRefused {
		add("scope <> ?", ScopeWaits)
	}
	return strings.Join(where, " AND "), args
}

// ListParked gives at most limit parked events in order of their ids.
func ListParked(ctx context.Context, db *gorm.DB, s Selection, limit int) ([]ParkedRow, error) {
	return admin(db, func(pool *sql.DB, sqls parkedSQL) ([]ParkedRow, error) {
		where, args := s.where(sqls)
		return sqls.list(ctx, pool, limit, where, args...)
	})
}

// Retry has the owner relay parked events again, within about a second, in order
// and before anything that comes after them. Whatever is chosen, all that is parked
// under the same keys goes with it. It returns how many.
func Retry(ctx context.Context, db *gorm.DB, s Selection) (int64, error) {
	return admin(db, func(pool *sql.DB, sqls parkedSQL) (int64, error) {
		where, args := s.where(sqls)
		// MySQL reads the table that it writes to in derived tables only.
		return sqls.change(ctx, pool, `UPDATE outbox_parked SET retry = ? WHERE NOT retry AND (
topic IN (SELECT topic FROM (SELECT DISTINCT topic FROM outbox_parked WHERE scope = 'topic'
	AND topic IN (SELECT topic FROM outbox_parked WHERE `+where+`)) AS whole)
OR (topic, event_key) IN (SELECT topic, event_key FROM (SELECT DISTINCT topic, event_key FROM outbox_parked WHERE `+where+`) AS chosen))`,
			append(append([]any{true}, args...), args...)...)
	})
}

// Discard removes parked events for good. What waits behind nothing any more goes on
// by itself, within about a second. It returns how many it removed.
func Discard(ctx context.Context, db *gorm.DB, s Selection) (int64, error) {
	return admin(db, func(pool *sql.DB, sqls parkedSQL) (int64, error) {
		return sqls.discard(ctx, pool, s)
	})
}

func (s parkedSQL) discard(ctx context.Context, q querier, which Selection) (int64, error) {
	where, args := which.where(s)
	return s.change(ctx, q, "DELETE FROM outbox_parked WHERE "+where, args...)
}

// Park has the owner park the events of a topic's key from about a second on, or of
// the whole topic when key is nil, until Retry. Topics have their prefix.
func Park(ctx context.Context, db *gorm.DB, topic string, key []byte, reason string) error {
	scope := ScopeKey
	switch {
	case topic == "":
		return errors.New("outbox park: want a topic")
	case key == nil:
		scope, key = ScopeTopic, []byte{}
	case len(key) == 0:
		return errors.New("outbox park: events without a key have no order: park their topic")
	}
	_, err := admin(db, func(pool *sql.DB, sqls parkedSQL) (int64, error) {
		return sqls.change(ctx, pool, `INSERT INTO outbox_parked (id, type, topic, event_key, created_at, scope, reason, attempts, retry)
SELECT COALESCE(MIN(CASE WHEN id < 0 THEN id END), 0) - 1, '', `+sqls.text+`, `+sqls.key+`, `+sqls.now+`, `+sqls.text+`, `+sqls.text+`, 0, ? FROM outbox_parked`,
			topic, key, scope, clip(reason), false)
	})
	return err
}

func admin[T any](db *gorm.DB, do func(*sql.DB, parkedSQL) (T, error)) (T, error) {
	var none T
	sqls, ok := parkedDialects[db.Name()]
	if !ok {
		return none, fmt.Errorf("outbox: dialect %q is not supported: use postgres, mysql or sqlite", db.Name())
	}
	pool, err := db.DB()
	if err != nil {
		return none, fmt.Errorf("outbox: %w", err)
	}
	return do(pool, sqls)
}

func (s parkedSQL) change(ctx context.Context, q querier, query string, args ...any) (n int64, err error) {
	defer wrapParked(&err)
	res, err := q.ExecContext(ctx, s.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
