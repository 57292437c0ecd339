package bench_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
)

// counter is a proxy before a database server that counts round trips: how often
// a client's bytes follow the server's on a connection.
type counter struct {
	listener net.Listener
	server   string
	mu       sync.Mutex // guards trips
	trips    int
}

// count gives the URL that leads through a new counter to the same database.
func count(tb testing.TB, raw string) (*counter, string) {
	tb.Helper()
	u, err := url.Parse(raw)
	check(tb, err)
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	check(tb, err)
	c := &counter{listener: l, server: u.Host}
	var done sync.WaitGroup
	done.Go(func() { c.serve(&done) })
	tb.Cleanup(func() {
		check(tb, l.Close())
		done.Wait()
	})
	u.Host = l.Addr().String()
	query := u.Query()
	if u.Scheme == "postgres" {
		query.Set("sslmode", "disable")
	}
	u.RawQuery = query.Encode()
	return c, u.String()
}

func (c *counter) serve(done *sync.WaitGroup) {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", c.server)
		if err != nil {
			_ = client.Close() // as if it were down
			continue
		}
		var mu sync.Mutex // guards answered
		answered := true
		done.Go(func() {
			copyEach(server, client, func() {
				mu.Lock()
				defer mu.Unlock()
				if answered {
					c.mu.Lock()
					c.trips++
					c.mu.Unlock()
				}
				answered = false
			})
		})
		done.Go(func() {
			copyEach(client, server, func() {
				mu.Lock()
				defer mu.Unlock()
				answered = true
			})
		})
	}
}

// copyEach tells of each piece, before it is passed on, and closes both ends at
// the end of either.
func copyEach(to, from net.Conn, tell func()) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			tell()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return // either way it is over
		}
	}
}

// since gives the round trips since the last call.
func (c *counter) since() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.trips
	c.trips = 0
	return n
}

// trips counts what one piece of work costs on a database that is open already.
func trips(tb testing.TB, raw string, do func(context.Context, *gorm.DB) (int, error)) int {
	tb.Helper()
	c, through := count(tb, raw)
	db, err := database.Open(tb.Context(), through)
	check(tb, err)
	defer database.Close(db) //nolint:errcheck // nothing is at stake
	c.since()
	_, err = do(tb.Context(), db)
	check(tb, err)
	return c.since()
}

// TestMigrateTrips holds the round trips to the most that they may be, on a
// server far away the only cost that counts.
func TestMigrateTrips(t *testing.T) {
	t.Parallel()
	for kind, most := range map[string]struct{ file, nothing, status float64 }{
		"postgres": {file: 1.1, nothing: 4, status: 4}, // the driver prepares the one query
		"mariadb":  {file: 5, nothing: 4, status: 1},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for _, w := range ways() {
				few, many := folder(10), folder(210)
				up := func(ctx context.Context, db *gorm.DB) (int, error) { return w.up(ctx, db, many) }
				database := servers()[kind](t)
				first := trips(t, servers()[kind](t), func(ctx context.Context, db *gorm.DB) (int, error) { return w.up(ctx, db, few) })
				each := float64(trips(t, database, up)-first) / 200
				nothing := trips(t, database, up)
				status := trips(t, database, func(ctx context.Context, db *gorm.DB) (int, error) { return w.look(ctx, db, many) })
				t.Logf("%s: %.2f round trips a file, %d for ten files, %d with nothing to do, %d for a status", w.name, each, first, nothing, status)
				if w.name == "goose" {
					continue
				}
				if each > most.file || float64(nothing) > most.nothing || float64(status) > most.status {
					t.Errorf("want at most %+v", most)
				}
			}
		})
	}
}
