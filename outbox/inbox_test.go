package outbox_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

func TestOnce(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		if err := db.Exec("CREATE TABLE effects (id varchar(50))").Error; err != nil {
			t.Fatal(err)
		}
		effect := func(tx *gorm.DB) error { return tx.Exec("INSERT INTO effects (id) VALUES ('e')").Error }
		boom := errors.New("boom")
		steps := []struct {
			name         string
			consumer, id string
			fn           func(*gorm.DB) error
			applied      bool
			err          error
			effects      int
		}{
			{"an error keeps nothing", "a", "1", func(tx *gorm.DB) error { return errors.Join(effect(tx), boom) }, false, boom, 0},
			{"the next call applies", "a", "1", effect, true, nil, 1},
			{"a repetition does nothing", "a", "1", effect, false, nil, 1},
			{"another consumer applies", "b", "1", effect, true, nil, 2},
			{"another event applies", "a", "2", effect, true, nil, 3},
			{"ids are told apart by case", "a", "x", effect, true, nil, 4},
			{"… and by case only", "a", "X", effect, true, nil, 5},
			{"… and by a space at the end", "a", "x ", effect, true, nil, 6},
			{"no id", "a", "", effect, false, outbox.ErrInboxName, 6},
			{"an id that is too long", "a", strings.Repeat("i", 256), effect, false, outbox.ErrInboxName, 6},
		}
		for _, s := range steps {
			applied, err := outbox.Once(t.Context(), db, s.consumer, s.id, s.fn)
			if applied != s.applied || !errors.Is(err, s.err) {
				t.Errorf("%s: applied %t, error %v; want %t, %v", s.name, applied, err, s.applied, s.err)
			}
			if n := count(t, db, "effects"); n != s.effects {
				t.Errorf("%s: %d effects, want %d", s.name, n, s.effects)
			}
		}
	})
}

func TestOnceConcurrently(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		if err := db.Exec("CREATE TABLE effects (id varchar(50))").Error; err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"1", "2", "3", "4", "5"} {
			var applied, ran atomic.Int32
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					ok, err := outbox.Once(t.Context(), db, "c", id, func(tx *gorm.DB) error {
						ran.Add(1)
						return tx.Exec("INSERT INTO effects (id) VALUES (?)", id).Error
					})
					if err != nil {
						t.Error(err)
					}
					if ok {
						applied.Add(1)
					}
				})
			}
			wg.Wait()
			if applied.Load() != 1 || ran.Load() != 1 {
				t.Errorf("event %s: applied %d times, run %d times, want once", id, applied.Load(), ran.Load())
			}
		}
		if n := count(t, db, "effects"); n != 5 {
			t.Errorf("%d effects, want 5", n)
		}
	})
}

// TestOnceInsideTransaction has the note belong to the caller's transaction.
func TestOnceInsideTransaction(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		boom := errors.New("boom")
		err := db.Transaction(func(tx *gorm.DB) error {
			applied, err := outbox.Once(t.Context(), tx, "c", "1", func(*gorm.DB) error { return nil })
			if !applied || err != nil {
				t.Errorf("applied %t, error %v", applied, err)
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if n := count(t, db, "outbox_inbox"); n != 0 {
			t.Errorf("%d notes after the rollback, want 0", n)
		}
	})
}
