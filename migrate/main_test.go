package migrate_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// helperVariable makes this test binary a program that migrates the database
// whose URL it holds, and nothing else.
const helperVariable = "MIGRATE_TEST_DATABASE"

func TestMain(m *testing.M) {
	if url := os.Getenv(helperVariable); url != "" {
		if err := helper(context.Background(), url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// helper says that it is ready, waits until its standard input is closed, and
// migrates. MIGRATE_TEST_SLOW makes it the source slow, in that mode, and
// MIGRATE_TEST_MORTAL the source mortal. MIGRATE_TEST_FILE is the text of its
// only file, and MIGRATE_TEST_GO the kind of its only function, which dies.
func helper(ctx context.Context, url string) error {
	sources := shop()
	if mode := os.Getenv("MIGRATE_TEST_SLOW"); mode != "" {
		sources = []migrate.Source{slow(url, mode, busy)}
	}
	if os.Getenv("MIGRATE_TEST_MORTAL") != "" {
		sources = []migrate.Source{mortal(url)}
	}
	if text := os.Getenv("MIGRATE_TEST_FILE"); text != "" {
		sources = []migrate.Source{migrate.NewSource("shared", files(map[string]string{"1_a.sql": text}))}
	}
	if kind := os.Getenv("MIGRATE_TEST_GO"); kind != "" {
		sources = []migrate.Source{function(kind, func() { os.Exit(9) })}
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	db, err := database.Open(ctx, url, database.WithMaxOpenConns(2))
	if err != nil {
		return err
	}
	m, err := migrate.New(db, sources, migrate.WithApplication("helper"))
	if err != nil {
		return err
	}
	result, err := m.Up(ctx)
	if err != nil {
		return err
	}
	fmt.Println("applied", len(result.Applied))
	return database.Close(db)
}

// process is a running helper.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Reader
	err   *strings.Builder
}

// start runs the helper until it is ready.
func start(t *testing.T, url string, env ...string) *process {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	p := &process{cmd: exec.CommandContext(t.Context(), self, "-test.run=^$"), err: &strings.Builder{}}
	p.cmd.Env = append(os.Environ(), append(env, helperVariable+"="+url)...)
	p.cmd.Stderr = p.err
	p.stdin, err = p.cmd.StdinPipe()
	check(t, err)
	out, err := p.cmd.StdoutPipe()
	check(t, err)
	p.out = bufio.NewReader(out)
	check(t, p.cmd.Start())
	if line, err := p.out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("helper did not start: %q %v: %s", line, err, p.err)
	}
	return p
}

// applied lets a started helper end and returns its last word.
func (p *process) applied() (int, error) {
	var n int
	_, serr := fmt.Fscanf(p.out, "applied %d\n", &n)
	if err := p.cmd.Wait(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, p.err)
	}
	return n, serr
}

// shop is a set of two sources that share a version, with one file for each way
// of running.
func shop() []migrate.Source {
	return []migrate.Source{
		migrate.NewSource("shared", os.DirFS("testdata/shop")),
		migrate.NewSource("notes", os.DirFS("testdata/notes")),
	}
}

const shopFiles = 7

// busy is a statement for each dialect that inserts one row after a while. Only
// MariaDB works on for a client that is gone, so elsewhere it may last.
var (
	busy = map[string]string{
		"postgres": "INSERT INTO slow (id) SELECT 2 FROM pg_sleep(30);",
		"mysql":    "INSERT INTO slow (id) SELECT 2 + SLEEP(2);",
		"sqlite": "INSERT INTO slow (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90000000) " +
			"SELECT 2 FROM n WHERE i = 90000000;",
	}
	quick = map[string]string{
		"postgres": "INSERT INTO slow (id) VALUES (2);",
		"mysql":    "INSERT INTO slow (id) VALUES (2);",
		"sqlite":   "INSERT INTO slow (id) VALUES (2);",
	}
)

// slow has a file with such a statement in its middle. In mode "steps" it is
// marked NO TRANSACTION.
func slow(url, mode string, middle map[string]string) migrate.Source {
	dialect, _, _ := strings.Cut(url, ":")
	fill := up("INSERT INTO slow (id) VALUES (1);", middle[dialect], "INSERT INTO slow (id) VALUES (3);")
	if mode == "steps" {
		fill = "-- +goose NO TRANSACTION\n" + fill
	}
	return migrate.NewSource("shared", files(map[string]string{
		"1_create_slow.sql": up("CREATE TABLE slow (id integer);"),
		"2_fill_slow.sql":   fill,
	}))
}

func files(text map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, s := range text {
		out[name] = &fstest.MapFile{Data: []byte(s)}
	}
	return out
}

func up(statements ...string) string {
	return "-- +goose Up\n" + strings.Join(statements, "\n") + "\n"
}

// open connects for the length of the test.
func open(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	check(t, err)
	t.Cleanup(func() {
		if err := database.Close(db); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func migrator(t *testing.T, db *gorm.DB, sources []migrate.Source, opts ...migrate.Option) *migrate.Migrator {
	t.Helper()
	m, err := migrate.New(db, sources, append([]migrate.Option{migrate.WithApplication("test")}, opts...)...)
	check(t, err)
	return m
}

// one is a migrator of one source called shared, from file names and texts.
func one(t *testing.T, db *gorm.DB, text map[string]string, opts ...migrate.Option) *migrate.Migrator {
	t.Helper()
	return migrator(t, db, []migrate.Source{migrate.NewSource("shared", files(text))}, opts...)
}

func mustUp(t *testing.T, m *migrate.Migrator) *migrate.Result {
	t.Helper()
	r, err := m.Up(t.Context())
	check(t, err)
	return r
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// query returns a query's rows as text: columns by blanks, rows by semicolons.
func query(t *testing.T, db *gorm.DB, text string) string {
	t.Helper()
	pool, err := db.DB()
	check(t, err)
	rows, err := pool.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer func() { check(t, rows.Close()) }()
	columns, err := rows.Columns()
	check(t, err)
	var lines []string
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		targets := make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		check(t, rows.Scan(targets...))
		var line []string
		for _, v := range values {
			line = append(line, v.String)
		}
		lines = append(lines, strings.Join(line, " "))
	}
	check(t, rows.Err())
	return strings.Join(lines, "; ")
}

func exec1(t *testing.T, db *gorm.DB, text string) {
	t.Helper()
	check(t, db.WithContext(t.Context()).Exec(text).Error)
}

// same fails when a query's result is not what is wanted.
func same(t *testing.T, db *gorm.DB, text, want string) {
	t.Helper()
	if got := query(t, db, text); got != want {
		t.Errorf("%s\n got %q\nwant %q", text, got, want)
	}
}

// another is a second empty database of the same kind.
func another(t *testing.T, url string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(url, "sqlite"):
		return testenv.SQLite(t)
	case strings.HasPrefix(url, "postgres"):
		return testenv.Postgres(t)
	default:
		return testenv.MariaDB(t)
	}
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s did not happen", what)
		}
	}
}
