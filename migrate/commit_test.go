package migrate_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// cut is a way to a server that lets the next COMMIT through, once armed, and
// then ends the connection before the answer.
type cut struct {
	armed atomic.Bool
	all   sync.WaitGroup
}

func (c *cut) listen(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	server := u.Host
	c.all.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := new(net.Dialer).DialContext(t.Context(), "tcp", server)
			if err != nil {
				_ = from.Close()
				return
			}
			c.all.Go(func() { c.forward(to, from) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		c.all.Wait() // those who use it have closed their databases before
	})
	u.Host = l.Addr().String()
	return u.String()
}

func (c *cut) forward(to, from net.Conn) {
	var deaf atomic.Bool
	back := make(chan struct{})
	go func() {
		defer close(back)
		buf := make([]byte, 1<<16)
		for {
			n, err := to.Read(buf)
			if err != nil {
				_ = from.Close()
				return
			}
			if deaf.Load() { // the server has answered, so it is committed
				_ = from.Close()
				_ = to.Close()
				return
			}
			_, _ = from.Write(buf[:n])
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if err != nil {
			break
		}
		text := bytes.ToUpper(buf[:n]) // of MySQL's protocol, and of PostgreSQL's
		if (bytes.HasSuffix(text, []byte("\x03COMMIT")) || bytes.HasSuffix(text, []byte("COMMIT\x00"))) && c.armed.CompareAndSwap(true, false) {
			deaf.Store(true)
		}
		if _, err := to.Write(buf[:n]); err != nil && !errors.Is(err, io.EOF) {
			break
		}
	}
	_ = to.Close()
	<-back
}

const unknown = "whether the file took effect is not known"

// The answer to a COMMIT is lost: the message says what is known, and the next
// run finds out.
func TestLostCommit(t *testing.T) {
	t.Parallel()
	for name, create := range map[string]func(testing.TB) string{"postgres": testenv.Postgres, "mariadb": testenv.MariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := create(t)
			c := &cut{}
			through := c.listen(t, direct)
			text := map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);")}
			db := open(t, through)
			mustUp(t, one(t, db, text))
			text["2_b.sql"] = up("INSERT INTO a VALUES (1);", "INSERT INTO a VALUES (2);")
			text["3_c.sql"] = up("INSERT INTO a VALUES (3);")
			c.armed.Store(true)
			_, err := one(t, db, text).Up(t.Context())
			partial, ok := errors.AsType[*migrate.PartialError](err)
			if !ok || !errors.Is(err, migrate.ErrLockLost) || partial.Failed.Version != 2 || !strings.Contains(err.Error(), unknown) {
				t.Fatalf("up: %v, want it not known of the second", err)
			}
			d := open(t, direct)
			diff(t, "up", []string{"up shared/3_c.sql"}, names(mustUp(t, one(t, d, text)).Applied))
			same(t, d, "SELECT id FROM a ORDER BY id", "1; 2; 3")
		})
	}
}

// A COMMIT that the database refuses is no such case.
func TestRefusedCommit(t *testing.T) {
	t.Parallel()
	for name, create := range map[string]func(testing.TB) string{"postgres": testenv.Postgres, "sqlite": testenv.SQLite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, create(t))
			_, err := one(t, db, map[string]string{"1_a.sql": up("CREATE TABLE a (id integer PRIMARY KEY, r integer REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED);",
				"INSERT INTO a VALUES (1, 7);")}).Up(t.Context())
			if !errors.As(err, new(*migrate.PartialError)) || strings.Contains(err.Error(), unknown) {
				t.Errorf("up: %v, want a plain refusal", err)
			}
			if db.Migrator().HasTable("a") {
				t.Error("table a is there")
			}
		})
	}
}
