package bench_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
	"github.com/schemactl/schemactl/stream"
)

// brokerVariable makes this program the broker of a benchmark, so that the
// broker's garbage is not collected at the cost of what is measured.
const brokerVariable = "SCHEMACTL_BENCH_BROKER"

// TestMain is the broker's program too.
func TestMain(m *testing.M) {
	if os.Getenv(brokerVariable) != "" {
		if err := serveBroker(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	durable.stop()
	os.Exit(code)
}

// serveBroker runs a broker until its standard input ends, that is at the latest
// with the process that started it.
func serveBroker() error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(4))
	if err != nil {
		return err
	}
	defer cluster.Close()
	if _, err := os.Stdout.WriteString(cluster.ListenAddrs()[0] + "\n"); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// broker starts an in-memory broker in a process of its own.
func broker(b *testing.B) string {
	b.Helper()
	self, err := os.Executable()
	check(b, err)
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), self)
	cmd.Env = append(os.Environ(), brokerVariable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	check(b, err)
	out, err := cmd.StdoutPipe()
	check(b, err)
	check(b, cmd.Start())
	b.Cleanup(func() {
		check(b, in.Close())
		check(b, cmd.Wait())
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	check(b, err)
	return strings.TrimSpace(address)
}

// client makes a Kafka client with this module's settings, which the
// hand-written sides use too.
func client(b *testing.B, address string, opts ...kgo.Opt) *kgo.Client {
	b.Helper()
	cl, err := kgo.NewClient(append(stream.ClientOptions(address), opts...)...)
	check(b, err)
	b.Cleanup(cl.Close)
	return cl
}

// relayClient makes the client of a relay, for the brokers of another one.
func relayClient(b *testing.B, of *kgo.Client) *kgo.Client {
	b.Helper()
	brokers, ok := of.OptValue(kgo.SeedBrokers).([]string)
	if !ok {
		b.Fatal("the client does not tell its brokers")
	}
	cl, err := relay.NewClient(brokers)
	check(b, err)
	b.Cleanup(cl.Close)
	return cl
}

// topic makes a topic of four partitions under a name of its own.
func topic(b *testing.B, cl *kgo.Client) string {
	b.Helper()
	name := "t-" + strings.ToLower(rand.Text()[:12])
	makeTopic(b, cl, name)
	return name
}

func makeTopic(b *testing.B, cl *kgo.Client, name string) {
	b.Helper()
	_, err := kadm.NewClient(cl).CreateTopic(b.Context(), 4, 1, nil, name)
	check(b, err)
}

// records is how many records a topic has.
func records(b *testing.B, cl *kgo.Client, topic string) int {
	b.Helper()
	ends, err := kadm.NewClient(cl).ListEndOffsets(b.Context(), topic)
	check(b, err)
	check(b, ends.Error())
	n := 0
	ends.Each(func(o kadm.ListedOffset) { n += int(o.Offset) })
	return n
}

// dropTopic frees the broker's memory once the round is over.
func dropTopic(b *testing.B, cl *kgo.Client, name string) {
	b.Helper()
	_, err := kadm.NewClient(cl).DeleteTopic(b.Context(), name)
	check(b, err)
}

// durable is a PostgreSQL that waits for its disk, unlike the servers of tests.
// All benchmarks of a run share it.
var durable durableServer

type durableServer struct {
	once sync.Once
	url  string
	err  error
	in   io.Closer
	cmd  *exec.Cmd
	dir  string
}

// postgresScript makes a server and runs it until its standard input ends, even by
// the death of this process; then it removes the folder.
const postgresScript = `set -e
"$BENCH_BIN/initdb" -D "$BENCH_DIR/data" -U postgres -A trust -E UTF8 --no-locale -N >"$BENCH_DIR/log" 2>&1
"$BENCH_BIN/postgres" -D "$BENCH_DIR/data" -c listen_addresses= -c unix_socket_directories="$BENCH_DIR" \
	-c fsync=on -c synchronous_commit=on -c max_connections=200 -c timezone=UTC >>"$BENCH_DIR/log" 2>&1 &
pid=$!
cat >/dev/null
kill -INT $pid
wait $pid || true
rm -rf "$BENCH_DIR"`

// postgresVariable names a server that runs already, as one with
// pg_stat_statements for a profile; none is started then.
const postgresVariable = "SCHEMACTL_BENCH_POSTGRES_URL"

func (s *durableServer) start(ctx context.Context) error {
	if s.url = os.Getenv(postgresVariable); s.url != "" {
		return nil
	}
	bin, err := postgresPrograms()
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("/tmp", "schemactl-bench-"); err != nil {
		return err
	}
	shell := []string{"sh", "-c", postgresScript}
	if os.Getuid() == 0 { // as whom PostgreSQL does not run
		if out, err := exec.CommandContext(ctx, "chown", "postgres", s.dir).CombinedOutput(); err != nil {
			return fmt.Errorf("chown postgres: %w: %s", err, out)
		}
		shell = []string{"su", "postgres", "-s", "/bin/sh", "-c", postgresScript}
	}
	s.cmd = exec.CommandContext(context.WithoutCancel(ctx), shell[0], shell[1:]...)
	ownSession(s.cmd)
	s.cmd.Dir = s.dir
	s.cmd.Env = append(os.Environ(), "BENCH_BIN="+bin, "BENCH_DIR="+s.dir)
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.url = "postgres://postgres@/postgres?sslmode=disable&host=" + s.dir
	return s.await(ctx)
}

func (s *durableServer) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		db, err := database.Open(ctx, s.url)
		if err == nil {
			return database.Close(db)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, log)
		}
	}
}

// stop ends the server, if it was started, and removes its folder.
func (s *durableServer) stop() {
	if s.in != nil {
		_ = s.in.Close()
		_ = s.cmd.Wait()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// postgresPrograms finds the folder of initdb and postgres, in PATH or where
// Debian keeps them.
func postgresPrograms() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.Reverse(dirs)
	if found, err := exec.LookPath("initdb"); err == nil {
		dirs = append([]string{filepath.Dir(found)}, dirs...)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", exec.ErrNotFound
}

// postgresOnDisk gives the URL of a new, empty database on a PostgreSQL with fsync.
// The benchmark is skipped where there is none.
func postgresOnDisk(b *testing.B) string {
	b.Helper()
	durable.once.Do(func() { durable.err = durable.start(context.WithoutCancel(b.Context())) })
	if durable.err != nil {
		b.Skip("no PostgreSQL: ", durable.err)
	}
	return newDatabase(b, durable.url, "/postgres?", " WITH (FORCE)")
}

// mariadbOnDisk starts a MariaDB that waits for its disk as it does by default,
// and with room enough that a short run does not stall on flushing pages.
func mariadbOnDisk(b *testing.B) (newURL func(*testing.B) string) {
	b.Helper()
	s := testenv.Own(b, server.MariaDB)
	db := open(b, s.Value)
	for _, set := range []string{
		"SET GLOBAL innodb_flush_log_at_trx_commit = 1",
		"SET GLOBAL innodb_buffer_pool_size = 536870912",
		"SET GLOBAL innodb_log_file_size = 536870912",
	} {
		check(b, db.Exec(set).Error)
	}
	return func(b *testing.B) string {
		b.Helper()
		return newDatabase(b, s.Value, "/mysql", "")
	}
}

func sqliteFile(b *testing.B) string {
	b.Helper()
	return testenv.SQLite(b)
}

// newDatabase makes a database on the server of a URL, in which place stands for
// the database's name.
func newDatabase(b *testing.B, url, place, force string) string {
	b.Helper()
	name := "b_" + strings.ToLower(rand.Text()[:12])
	admin := open(b, url)
	check(b, admin.Exec("CREATE DATABASE "+name).Error)
	b.Cleanup(func() { check(b, admin.Exec("DROP DATABASE "+name+force).Error) })
	return strings.Replace(url, place, strings.Replace(place, strings.Trim(place, "/?"), name, 1), 1)
}

// withOutbox makes the outbox's tables in a database.
func withOutbox(b *testing.B, url string) {
	b.Helper()
	db := open(b, url)
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	check(b, err)
	_, err = m.Up(b.Context())
	check(b, err)
}
