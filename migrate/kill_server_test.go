package migrate_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// crashing is a MariaDB of the test's own, as only such a one may be killed.
type crashing struct {
	daemon, dir, port string
	cmd               *exec.Cmd
	life              io.Closer // the server is killed when it is closed, or when the test process ends
}

// MariaDB itself crashes at any moment of a run, and comes up again. What it has
// of a statement of data definition is all or nothing, and the next run goes on
// by itself.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	s := newCrashing(t)
	s.start(t)
	s.database(t, "whole")
	begin := time.Now()
	mustUp(t, migrator(t, open(t, s.url("whole")), []migrate.Source{mortal(s.url("whole"))}))
	whole := time.Since(begin)
	killed, rounds := 0, max(2, killRounds()/5)
	for i := range rounds {
		url := s.url(fmt.Sprint("round", i))
		s.database(t, fmt.Sprint("round", i))
		db := open(t, url)
		m := migrator(t, db, []migrate.Source{mortal(url)}, migrate.WithLockRetries(0))
		life := s.life
		kill := time.AfterFunc(rand.N(whole), func() { _ = life.Close() }) // stop waits for the end
		if _, err := m.Up(t.Context()); err != nil {
			killed++
		}
		kill.Stop()
		s.stop()
		s.start(t)
		db = open(t, url)
		if _, err := migrator(t, db, []migrate.Source{mortal(url)}).Up(t.Context()); errors.Is(err, migrate.ErrHalfDone) {
			t.Errorf("stopped for a person: %v", err)
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		once(t, db)
	}
	t.Logf("%d of %d crashes were in time; a whole run takes %v", killed, rounds, whole)
}

// newCrashing makes the server's folder. The test is skipped where MariaDB is
// not installed.
func newCrashing(t *testing.T) *crashing {
	t.Helper()
	_ = testenv.MariaDB(t) // says what is missing, and whether that is a failure
	program := func(name string) string {
		for _, place := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name} {
			if path, err := exec.LookPath(place); err == nil {
				return path
			}
		}
		t.Skip("no " + name + " in PATH or /usr/sbin")
		return ""
	}
	dir, err := os.MkdirTemp("", "schemactl-crash-") //nolint:usetesting // a test's own is too long for a socket
	check(t, err)
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	check(t, err)
	check(t, l.Close())
	s := &crashing{daemon: program("mariadbd"), dir: dir, port: port}
	out, err := exec.CommandContext(t.Context(), program("mariadb-install-db"), append(s.flags(),
		"--auth-root-authentication-method=normal", "--skip-test-db")...).CombinedOutput()
	if err != nil {
		t.Fatalf("make the server's folder: %v\n%s", err, out)
	}
	t.Cleanup(s.stop)
	return s
}

func (s *crashing) flags() []string {
	flags := []string{"--no-defaults", "--datadir=" + filepath.Join(s.dir, "data"), "--skip-name-resolve"}
	if os.Geteuid() == 0 {
		flags = append(flags, "--user=root")
	}
	return flags
}

func (s *crashing) url(name string) string {
	return fmt.Sprintf("mysql://root@127.0.0.1:%s/%s", s.port, name)
}

// start waits until the server answers.
func (s *crashing) start(t *testing.T) {
	t.Helper()
	const keeper = `"$@" </dev/null >/dev/null 2>&1 & read -r _; kill -9 $!; wait`
	s.cmd = exec.CommandContext(t.Context(), "sh", append(append([]string{"-c", keeper, "sh", s.daemon}, s.flags()...),
		"--socket="+filepath.Join(s.dir, "s"), "--pid-file="+filepath.Join(s.dir, "pid"), "--bind-address=127.0.0.1", "--port="+s.port,
		"--innodb-buffer-pool-size=32M", "--performance-schema=OFF")...)
	stdin, err := s.cmd.StdinPipe()
	check(t, err)
	s.life, s.cmd.Cancel = stdin, stdin.Close
	check(t, s.cmd.Start())
	eventually(t, "the server's answer", func() bool {
		db, err := database.Open(t.Context(), s.url("mysql"))
		if err != nil {
			return false
		}
		return database.Close(db) == nil
	})
}

// stop kills the server, if that has not been done, and waits for its end.
func (s *crashing) stop() {
	if s.cmd != nil {
		_ = s.life.Close() // it may be closed
		_ = s.cmd.Wait()   // the keeper tells of a kill
		s.cmd = nil
	}
}

func (s *crashing) database(t *testing.T, name string) {
	t.Helper()
	db, err := database.Open(t.Context(), s.url("mysql"))
	check(t, err)
	defer func(db *gorm.DB) { check(t, database.Close(db)) }(db)
	exec1(t, db, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
}
