package outbox

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

const (
	insertHead    = "INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, headers, payload) VALUES "
	insertColumns = 7
	// maxStatementBytes keeps a statement well under max_allowed_packet, whose
	// default is 16 MiB on MariaDB. A larger event travels alone.
	maxStatementBytes = 4 << 20
)

// dialect is what the databases differ in when rows are written.
type dialect struct {
	name     string
	numbered bool // $1, $2, … instead of ?
	maxRows  int  // rows of one INSERT: the limit of parameters divided by columns
	once     string
}

// dialectOf gives the dialect of a handle. PostgreSQL and MySQL take 65,535
// parameters in a statement, SQLite 32,766. A thousand rows are enough for full
// speed and keep the number of different statements small.
func dialectOf(db *gorm.DB) (dialect, error) {
	d := dialect{name: db.Name(), maxRows: 1000}
	const insertInbox = "INSERT INTO outbox_inbox (consumer, event_id) VALUES "
	switch d.name {
	case "postgres":
		d.numbered = true
		d.once = insertInbox + "($1, $2) ON CONFLICT DO NOTHING"
	case "sqlite":
		d.once = insertInbox + "(?, ?) ON CONFLICT DO NOTHING"
	case "mysql":
		// IGNORE would also cut values that are too long: Once checks them first.
		d.once = "INSERT IGNORE INTO outbox_inbox (consumer, event_id) VALUES (?, ?)"
	default:
		return d, fmt.Errorf("outbox: dialect %q is not supported: use postgres, mysql or sqlite", d.name)
	}
	return d, nil
}

// insert writes rows in order, by as few statements as the limits allow. It goes to the
// transaction's connection directly: GORM's callbacks cost more than the statement.
func (d dialect) insert(tx *gorm.DB, rows []row) error {
	ctx := tx.Statement.Context
	for len(rows) > 0 {
		n := chunk(rows, d.maxRows)
		begin := time.Now()
		query, args := d.statement(rows[:n])
		_, err := tx.Statement.ConnPool.ExecContext(ctx, query, args...)
		traced(ctx, tx.Logger, begin, n, "", err)
		if err != nil {
			return fmt.Errorf("%s: %w", rows[0].what(), err)
		}
		rows = rows[n:]
	}
	return nil
}

func (r *row) what() string { return r.verb + " " + r.typ + ": insert into outbox_events" }

// traced tells GORM's logger.
func traced(ctx context.Context, log logger.Interface, begin time.Time, rows int, with string, err error) {
	log.Trace(ctx, begin, func() (string, int64) {
		return fmt.Sprintf("%s… (%d rows)%s", insertHead, rows, with), int64(rows)
	}, err)
}

// chunk says how many of the rows go into the next statement.
func chunk(rows []row, maxRows int) int {
	size := 0
	for i := range rows {
		size += rows[i].size()
		if i > 0 && (i == maxRows || size > maxStatementBytes) {
			return i
		}
	}
	return len(rows)
}

func (d dialect) statement(rows []row) (string, []any) {
	var b strings.Builder
	b.Grow(len(insertHead) + len(rows)*insertColumns*7)
	b.WriteString(insertHead)
	args := make([]any, 0, len(rows)*insertColumns)
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		d.placeholders(&b, i*insertColumns)
		r := &rows[i]
		args = append(args, r.eventID, r.typ, r.sequence, r.topic, r.key, r.headers, r.payload)
	}
	return b.String(), args
}

// placeholders writes one parenthesised group, after already used ones.
func (d dialect) placeholders(b *strings.Builder, used int) {
	if !d.numbered {
		b.WriteString("(?,?,?,?,?,?,?)")
		return
	}
	separator := "($"
	for i := 1; i <= insertColumns; i++ {
		b.WriteString(separator)
		b.WriteString(strconv.Itoa(used + i))
		separator = ",$"
	}
	b.WriteByte(')')
}
