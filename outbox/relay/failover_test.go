package relay

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
)

// switched connects to one database, and to another after a failover.
type switched struct {
	mu   sync.Mutex
	pool *sql.DB
	open []driver.Conn
}

func (s *switched) Driver() driver.Driver { return s.pool.Driver() }

// Connect takes a connection out of the database's own pool, which keeps it reserved.
func (s *switched) Connect(ctx context.Context) (out driver.Conn, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	err = conn.Raw(func(driverConn any) error {
		out = driverConn.(driver.Conn)
		return nil
	})
	s.open = append(s.open, out)
	return out, err
}

// breaks ends connections that were opened. Nobody uses them meanwhile.
func (s *switched) breaks(from, to int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open[from:to] {
		_ = c.Close()
	}
}

func (s *switched) failover(to *sql.DB) {
	s.breaks(0, len(s.open))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pool = to
}

// TestFailover: after a failover to a replica whose sequence is behind, other rows have
// the ids of those that the relay is about to delete.
func TestFailover(t *testing.T) {
	t.Parallel()
	kinds := map[string]struct {
		url  func(testing.TB) string
		over func(*sql.DB) gorm.Dialector
	}{
		"postgres": {testenv.Postgres, func(pool *sql.DB) gorm.Dialector { return postgres.New(postgres.Config{Conn: pool}) }},
		"mariadb": {testenv.MariaDB, func(pool *sql.DB) gorm.Dialector {
			return mysql.New(mysql.Config{Conn: pool, SkipInitializeWithVersion: true})
		}},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			primary, before := migrated(t, kind.url(t), 16)
			replica, after := migrated(t, kind.url(t), 16)
			ids := make([]int64, 3)
			for i := range ids {
				ids[i] = int64(i + 1)
				for _, db := range []*gorm.DB{primary, replica} {
					err := db.Exec("INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, payload) VALUES (?, 'test.Change', ?, 'changes', ?, ?)",
						uuid.NewString(), ids[i], []byte("1"), []byte("x")).Error
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			server := &switched{pool: before}
			pool := sql.OpenDB(server)
			t.Cleanup(func() { _ = pool.Close() })
			db, err := gorm.Open(kind.over(pool), &gorm.Config{})
			if err != nil {
				t.Fatal(err)
			}
			q, l := ownedOf(t, db, pool)
			fetched(t, q, nil, ids)
			server.failover(after)

			if err := q.Delete(t.Context(), ids); err == nil {
				t.Error("deletes by a connection that is broken")
			}
			// The table of the replica is read, with what is in flight left out.
			fetched(t, q, ids, nil)
			if err := q.Delete(t.Context(), ids); !errors.Is(err, dblock.ErrLost) {
				t.Errorf("deletes after the failover: error %v, want %v", err, dblock.ErrLost)
			}
			left(t, replica, len(ids))
			left(t, primary, len(ids))
			q.Own(nil)
			_, _ = q.Close(), l.Release(t.Context()) // which are broken

			q, _ = ownedOf(t, db, pool)
			fetched(t, q, nil, ids)
			n := len(server.open) // the last one reads, the one before it deletes
			server.breaks(n-2, n-1)
			if err := q.Delete(t.Context(), ids[:2]); err == nil {
				t.Error("deletes by a connection that is broken")
			}
			if err := q.Delete(t.Context(), ids[:2]); err != nil {
				t.Errorf("deletes once more: %v", err)
			}
			left(t, replica, 1)
		})
	}
}

func ownedOf(t *testing.T, db *gorm.DB, pool *sql.DB) (Queue, *dblock.Lock) {
	t.Helper()
	q, err := OpenQueue(db)
	if err != nil {
		t.Fatal(err)
	}
	l, err := share(t.Context(), pool, db.Name(), Shard{}, dblock.Holder{})
	if err != nil {
		t.Fatal(err)
	}
	q.Own(&guard{lock: l})
	t.Cleanup(func() {
		_ = q.Close()
		_ = l.Release(context.WithoutCancel(t.Context()))
	})
	return q, l
}

func fetched(t *testing.T, q Queue, inFlight, want []int64) {
	t.Helper()
	rows, err := q.Fetch(t.Context(), 10, inFlight)
	if err != nil {
		_, err = q.Fetch(t.Context(), 10, inFlight) // by a new session
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows read, want %d", len(rows), len(want))
	}
	for i := range want {
		if rows[i].ID != want[i] {
			t.Errorf("row %d read, want %d", rows[i].ID, want[i])
		}
	}
}

func left(t *testing.T, db *gorm.DB, want int) {
	t.Helper()
	var n int64
	if err := db.Table("outbox_events").Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	if n != int64(want) {
		t.Errorf("%d rows are left, want %d", n, want)
	}
}
