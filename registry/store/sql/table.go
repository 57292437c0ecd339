package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// row is a record. KeyHash finds it, since not every database can index a key of
// any length.
type row struct {
	Seq       int64   `gorm:"column:seq;primaryKey;autoIncrement:false"`
	KeyHash   string  `gorm:"column:key_hash"`
	Key       string  `gorm:"column:record_key"`
	Value     *string `gorm:"column:record_value"`
	WrittenAt int64   `gorm:"column:written_at"` // milliseconds since 1970
}

func (row) TableName() string { return "registry_records" }

type position struct {
	Name string `gorm:"column:name;primaryKey"`
	Seq  int64  `gorm:"column:seq"`
}

func (position) TableName() string { return "registry_positions" }

const (
	lastGiven = "last"
	forgotten = "forgotten"

	// readTogether is how many rows are handed over at a time.
	readTogether = 500
	// keepGone is how long a row stays whose key has no value any more: who follows
	// and was away for longer reads everything anew.
	keepGone = time.Hour
	// forgetEvery is the least time between two looks for such rows, which read the
	// whole table while nobody else can append.
	forgetEvery = 10 * time.Minute
)

// table is the log: rows in the order of their seq. It is used by one goroutine.
type table struct {
	db     *gorm.DB
	most   int       // bytes of a record, and of the records of a statement
	at     int64     // the seq up to which rows were handed over
	forgot time.Time // when it was last looked for rows to forget
}

var _ replica.Log = (*table)(nil)

// Read implements replica.Log.
func (t *table) Read(ctx context.Context, apply func([]record.Record)) error {
	anew := t.at == 0
	err := t.read(t.db.WithContext(ctx), apply)
	if err != nil && anew {
		t.at = 0
	}
	return err
}

// Sync implements replica.Log: one look at the last seq.
func (t *table) Sync(ctx context.Context, apply func([]record.Record)) error {
	var last int64
	row := t.db.WithContext(ctx).Raw("SELECT seq FROM registry_positions WHERE name = ?", lastGiven).Row()
	if err := row.Scan(&last); err != nil {
		return fmt.Errorf("read the last seq: %w", err)
	}
	switch {
	case last == t.at:
		return nil
	case last < t.at: // the database was set back
		t.at = 0
		return replica.ErrRestart
	}
	return t.Read(ctx, apply)
}

// read is one statement, so what it sees is what one moment was. Rows are written
// in the order of their seq, each change as a whole, since its writer has the lock.
func (t *table) read(db *gorm.DB, apply func([]record.Record)) (err error) {
	rows, err := db.Raw(`SELECT r.seq, r.record_key, r.record_value, r.written_at, p.seq
FROM registry_records r JOIN registry_positions p ON p.name = ? WHERE r.seq > ? ORDER BY r.seq`, forgotten, t.at).Rows()
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var list []record.Record
	start, last := t.at, t.at
	for rows.Next() {
		var written, gone int64
		var key, value sql.RawBytes
		if err := rows.Scan(&last, &key, &value, &written, &gone); err != nil {
			return fmt.Errorf("read records: %w", err)
		}
		if start > 0 && gone > start {
			t.at = 0
			return replica.ErrRestart
		}
		r, err := record.Parse(key, value, time.UnixMilli(written).UTC())
		if err != nil {
			return fmt.Errorf("read record %d: %w", last, err)
		}
		if list = append(list, r); len(list) == readTogether {
			apply(list)
			t.at, list = last, list[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	apply(list)
	t.at = last
	return nil
}

// Append implements replica.Log: one transaction, which holds the row of the last
// seq from its start to its end. SQLite has the whole database to itself then.
func (t *table) Append(ctx context.Context, apply func([]record.Record), change func() []record.Record) error {
	var last int64
	var list []record.Record
	var writing []row
	err := t.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		given, err := lock(tx)
		if err != nil {
			return fmt.Errorf("lock the records: %w", err)
		}
		if given.Seq != t.at {
			if err := t.read(tx, apply); err != nil {
				return err
			}
			if given.Seq != t.at {
				t.at = 0 // the database was set back
				return replica.ErrRestart
			}
		}
		list = change()
		rows := number(list, given.Seq)
		last = given.Seq + int64(len(rows))
		if len(rows) == 0 {
			return nil
		}
		writing = rows
		err = t.write(tx, rows, last)
		if err == nil {
			writing = nil
		}
		return err
	}, t.isolation())
	if err != nil && writing != nil {
		return t.refused(ctx, writing, err)
	}
	if err == nil && last > 0 {
		t.at = last
		apply(list)
	}
	return err
}

// holdFor is how long a process may do nothing while it has the lock: one that is
// suspended must not keep all others waiting.
const holdFor = 10 * time.Second

// lock takes the row of the last seq. PostgreSQL takes it back from who does nothing
// with it for holdFor, by ending the connection; others have no such bound.
func lock(tx *gorm.DB) (given position, err error) {
	if tx.Name() != "postgres" {
		err = tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Take(&given, "name = ?", lastGiven).Error
		return given, err
	}
	err = tx.Raw(`SELECT p.name, p.seq FROM registry_positions p CROSS JOIN set_config('idle_in_transaction_session_timeout', ?, true)
WHERE p.name = ? FOR UPDATE OF p`, strconv.FormatInt(holdFor.Milliseconds(), 10), lastGiven).Take(&given).Error
	return given, err
}

// isolation makes each statement see what was committed before it. SQLite has
// one writer at a time and no levels.
func (t *table) isolation() *sql.TxOptions {
	if t.db.Name() == "sqlite" {
		return nil
	}
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}

// number makes rows of records. Of two values of one key only the later one counts.
func number(list []record.Record, after int64) []row {
	var rows []row
	at := map[string]int{}
	for _, r := range list {
		one := row{Key: string(record.Key(r)), WrittenAt: r.Time.UnixMilli()}
		if i, ok := at[one.Key]; ok {
			rows[i].Key = "" // overtaken
		}
		delete(at, one.Key)
		if value := record.Value(r); value != nil {
			text := string(value)
			one.Value = &text
			at[one.Key] = len(rows)
		}
		rows = append(rows, one)
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.Key == "" })
	for i := range rows {
		rows[i].Seq = after + int64(i) + 1
		rows[i].KeyHash = rows[i].hash()
	}
	return rows
}

// hash finds the row of a key's value. A row that takes the value away has a hash of
// its own, so that a later value does not take its place: who follows has to see
// both, in their order.
func (r *row) hash() string {
	if r.Value == nil {
		return hashOf(r.Key + "\x00" + strconv.FormatInt(r.Seq, 10))
	}
	return hashOf(r.Key)
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Scale implements replica.Log.
func (t *table) Scale(key, value []byte) (size, most int) { return len(key) + len(value), t.most }

// writeTogether bounds the rows of a statement, t.most their bytes.
const writeTogether = 100

// statement is how many of the rows, at least one, go into one.
func (t *table) statement(rows []row) int {
	size := 0
	for i := range min(len(rows), writeTogether) {
		if size += rows[i].size(); size > t.most && i > 0 {
			return i
		}
	}
	return min(len(rows), writeTogether)
}

func (r *row) size() int {
	if r.Value == nil {
		return len(r.Key)
	}
	return len(r.Key) + len(*r.Value)
}

func (t *table) write(tx *gorm.DB, rows []row, last int64) error {
	over := clause.OnConflict{
		Columns:   []clause.Column{{Name: "key_hash"}},
		DoUpdates: clause.AssignmentColumns([]string{"seq", "record_value", "written_at"}),
	}
	var gone []string
	for i := range rows {
		if rows[i].Value == nil {
			gone = append(gone, hashOf(rows[i].Key))
		}
	}
	for some := range slices.Chunk(gone, writeTogether) {
		if err := tx.Where("key_hash IN ?", some).Delete(&row{}).Error; err != nil {
			return fmt.Errorf("remove records: %w", err)
		}
	}
	for rest := rows; len(rest) > 0; {
		n := t.statement(rest)
		if err := tx.Clauses(over).Create(rest[:n]).Error; err != nil {
			return fmt.Errorf("write records: %w", err)
		}
		rest = rest[n:]
	}
	if err := tx.Model(&position{}).Where("name = ?", lastGiven).UpdateColumn("seq", last).Error; err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	if time.Since(t.forgot) < forgetEvery {
		return nil
	}
	t.forgot = time.Now()
	return forget(tx)
}

// forget removes rows of keys that have had no value for a while, and notes the
// last of them for those who may have missed it.
func forget(tx *gorm.DB) error {
	old := tx.Model(&row{}).Where("record_value IS NULL AND written_at < ?", time.Now().Add(-keepGone).UnixMilli())
	var newest sql.NullInt64
	if err := old.Session(&gorm.Session{}).Select("MAX(seq)").Scan(&newest).Error; err != nil || !newest.Valid {
		return err
	}
	if err := old.Session(&gorm.Session{}).Where("seq <= ?", newest.Int64).Delete(&row{}).Error; err != nil {
		return fmt.Errorf("forget records: %w", err)
	}
	err := tx.Model(&position{}).Where("name = ? AND seq < ?", forgotten, newest.Int64).UpdateColumn("seq", newest.Int64).Error
	if err != nil {
		return fmt.Errorf("forget records: %w", err)
	}
	return nil
}

// Ping implements replica.Log: it reads one row.
func (t *table) Ping(ctx context.Context) error {
	var last position
	return t.db.WithContext(ctx).Take(&last, "name = ?", lastGiven).Error
}

// Close implements replica.Log. The database is the caller's.
func (t *table) Close() error { return nil }
