package migrate_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// bouncer starts a PgBouncer before the server of a URL and gives the URL that
// leads through it.
func bouncer(t *testing.T, direct, mode string) string {
	t.Helper()
	path := testenv.Bouncer(t)
	u, err := url.Parse(direct)
	check(t, err)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	check(t, l.Close())
	password, _ := u.User.Password()
	dir, err := os.MkdirTemp("", "bouncer") //nolint:usetesting // not below TempDir, which another user may not enter
	check(t, err)
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	config := fmt.Sprintf("[databases]\n* = host=%s port=%s user=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = trust\nauth_file = %s/users\npool_mode = %s\nignore_startup_parameters = extra_float_digits\n",
		u.Hostname(), u.Port(), u.User.Username(), port, dir, mode)
	check(t, os.Chmod(dir, 0o755))
	users := fmt.Sprintf("%q %q\n", u.User.Username(), password)
	check(t, os.WriteFile(filepath.Join(dir, "users"), []byte(users), 0o644))
	file := filepath.Join(dir, "pgbouncer.ini")
	check(t, os.WriteFile(file, []byte(config), 0o644))
	args := []string{"--quiet", file}
	if os.Getuid() == 0 {
		args = append([]string{"--user", "postgres"}, args...)
	}
	var said strings.Builder
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stderr = &said
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	eventually(t, "the start of PgBouncer", func() bool {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	u.Host = address
	return u.String()
}

// A pooler in transaction mode is refused before anything is made, whether the
// driver prepares statements or not; one in session mode is as good as the server.
func TestPooler(t *testing.T) {
	t.Parallel()
	direct := testenv.Postgres(t)
	text := numbered()
	db := open(t, direct)
	simple := "default_query_exec_mode=simple_protocol"
	if u, err := url.Parse(direct); err == nil && u.RawQuery != "" {
		simple = "&" + simple
	}
	through := bouncer(t, direct, "transaction")
	plain := one(t, open(t, through+simple), text)
	refuses := func(m *migrate.Migrator) {
		t.Helper()
		for what, run := range map[string]func() error{
			"up":   func() error { return second(m.Up(t.Context())) },
			"down": func() error { return second(m.Down(t.Context(), migrate.DownOptions{})) },
			"to":   func() error { return second(m.To(t.Context(), "shared", 2)) },
			"redo": func() error { return second(m.Redo(t.Context(), migrate.RedoOptions{})) },
			"baseline": func() error {
				return second(m.Baseline(t.Context(), "shared", 1, migrate.BaselineOptions{Force: true}))
			},
		} {
			err := run()
			if err == nil && (what == "down" || what == "redo") && !db.Migrator().HasTable("a") {
				continue // nothing to do
			}
			if !errors.Is(err, migrate.ErrPooler) {
				t.Errorf("%s through a pooler in transaction mode: %v, want ErrPooler", what, err)
			}
		}
		// A server session that the pooler ends is gone a moment later.
		eventually(t, "the lock's end", func() bool {
			return query(t, db, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "+
				"(SELECT oid FROM pg_database WHERE datname = current_database())") == "0"
		})
	}
	refuses(plain)
	if db.Migrator().HasTable("goose_db_version") || db.Migrator().HasTable("a") {
		t.Error("something was made")
	}
	mustUp(t, one(t, open(t, bouncer(t, direct, "session")), text))
	text["4_d.sql"] = up("CREATE TABLE d (id integer);")
	text["1_a.sql"] += "-- edited\n"
	refuses(one(t, open(t, through+simple), text))
	refuses(one(t, open(t, through), text))
	reads := func(m *migrate.Migrator) {
		t.Helper()
		status, err := m.Status(t.Context())
		check(t, err)
		diff(t, "status", []string{"1 a edited", "2 b applied", "3 c applied", "4 d pending"}, lines(status))
		plan, err := m.Plan(t.Context())
		check(t, err)
		if len(plan.Migrations) != 1 {
			t.Errorf("plan: %+v", plan)
		}
		if _, err := m.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
	reads(one(t, open(t, through+simple), text))
	single := one(t, open(t, bouncer(t, direct, "statement")+simple), text)
	refuses(single)
	reads(single)
	check(t, plain.Check(t.Context())) // to read is possible through any
}

// Where there is no second connection the question is not asked.
func TestPoolerOfBusyPool(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	pool, err := db.DB()
	check(t, err)
	pool.SetMaxOpenConns(2)
	busy, err := pool.Conn(t.Context())
	check(t, err)
	defer func() { check(t, busy.Close()) }()
	mustUp(t, one(t, db, numbered()))
}
