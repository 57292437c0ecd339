package bench_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// folder has n migrations, ten for each table: the table, four columns, an index
// and four rows, one statement a file.
func folder(n int) fs.FS {
	files := fstest.MapFS{}
	for i := range n {
		table, statement := i/10, ""
		switch step := i % 10; {
		case step == 0:
			statement = fmt.Sprintf("CREATE TABLE t%d (id integer PRIMARY KEY, name varchar(40) NOT NULL)", table)
		case step < 5:
			statement = fmt.Sprintf("ALTER TABLE t%d ADD COLUMN c%d integer", table, step)
		case step == 5:
			statement = fmt.Sprintf("CREATE INDEX i%[1]d ON t%[1]d (c1, c2)", table)
		default:
			statement = fmt.Sprintf("INSERT INTO t%d (id, name, c1) VALUES (%d, 'pen', 1)", table, step)
		}
		files[fmt.Sprintf("2026%010d_step_%d.sql", i+1, i)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + statement + ";\n")}
	}
	return files
}

// way is a library that migrates, on a database opened as an application does.
type way struct {
	name string
	up   func(ctx context.Context, db *gorm.DB, files fs.FS) (applied int, err error)
	look func(ctx context.Context, db *gorm.DB, files fs.FS) (known int, err error)
}

func ways() []way {
	return []way{
		{"schemactl", func(ctx context.Context, db *gorm.DB, files fs.FS) (int, error) {
			m, err := ours(db, files)
			if err != nil {
				return 0, err
			}
			result, err := m.Up(ctx)
			if err != nil {
				return 0, err
			}
			return len(result.Applied), nil
		}, func(ctx context.Context, db *gorm.DB, files fs.FS) (int, error) {
			m, err := ours(db, files)
			if err != nil {
				return 0, err
			}
			all, err := m.Status(ctx)
			return len(all), err
		}},
		{"goose", func(ctx context.Context, db *gorm.DB, files fs.FS) (int, error) {
			p, err := theirs(db, files)
			if err != nil {
				return 0, err
			}
			results, err := p.Up(ctx)
			return len(results), err
		}, func(ctx context.Context, db *gorm.DB, files fs.FS) (int, error) {
			p, err := theirs(db, files)
			if err != nil {
				return 0, err
			}
			all, err := p.Status(ctx)
			return len(all), err
		}},
	}
}

func ours(db *gorm.DB, files fs.FS) (*migrate.Migrator, error) {
	return migrate.New(db, []migrate.Source{migrate.NewSource("shared", files)}, migrate.WithApplication("bench"))
}

func theirs(db *gorm.DB, files fs.FS) (*goose.Provider, error) {
	dialect := map[string]goose.Dialect{
		database.SQLite: goose.DialectSQLite3, database.Postgres: goose.DialectPostgres, database.MySQL: goose.DialectMySQL,
	}[db.Name()]
	var pool *sql.DB
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, pool, files)
}

// within opens a database for one piece of work, and measures the whole.
func within(ctx context.Context, url string, do func(ctx context.Context, db *gorm.DB) (int, error)) (n int, took time.Duration, err error) {
	start := time.Now()
	db, err := database.Open(ctx, url)
	if err != nil {
		return 0, 0, err
	}
	n, err = do(ctx, db)
	err = errors.Join(err, database.Close(db))
	return n, time.Since(start), err
}

// servers are the databases to be compared on.
func servers() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{"sqlite": testenv.SQLite, "postgres": testenv.Postgres, "mariadb": testenv.MariaDB}
}

// BenchmarkMigrate applies files to an empty database, then looks for work where
// there is none, and asks for the status: with goose's library and with this
// module, which also takes its lock and keeps its history. Both take turns, so
// that a busy machine slows down both; x is goose's time divided by ours, by
// the sums and (min) by the best round of each.
func BenchmarkMigrate(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres", "mariadb"} {
		for _, n := range []int{100, 500} {
			b.Run(fmt.Sprintf("%s/up-%d", kind, n), func(b *testing.B) { contest(b, servers()[kind], n, applies) })
			b.Run(fmt.Sprintf("%s/nothing-%d", kind, n), func(b *testing.B) { contest(b, servers()[kind], n, finds) })
			b.Run(fmt.Sprintf("%s/status-%d", kind, n), func(b *testing.B) { contest(b, servers()[kind], n, looks) })
		}
	}
}

// task is what a contest is about.
type task int

const (
	applies task = iota // all files, to a new database
	finds               // that there is nothing to do
	looks               // at the status
)

func contest(b *testing.B, database func(testing.TB) string, n int, what task) {
	files := folder(n)
	var sum, least [2]time.Duration
	var urls [2]string
	round := func(i int) {
		w := ways()[i]
		want, do := n, w.up
		if what == applies || urls[i] == "" {
			urls[i] = database(b)
		}
		if what != applies && sum[i] == 0 {
			_, _, err := within(b.Context(), urls[i], func(ctx context.Context, db *gorm.DB) (int, error) { return w.up(ctx, db, files) })
			check(b, err)
		}
		if what == finds {
			want = 0
		}
		if what == looks {
			do = w.look
		}
		got, took, err := within(b.Context(), urls[i], func(ctx context.Context, db *gorm.DB) (int, error) { return do(ctx, db, files) })
		check(b, err)
		if got != want {
			b.Fatalf("%s: %d migrations, want %d", w.name, got, want)
		}
		sum[i] += took
		if least[i] == 0 || took < least[i] {
			least[i] = took
		}
	}
	for i := 0; b.Loop(); i++ {
		round(i % 2)
		round(1 - i%2)
	}
	b.ReportMetric(float64(sum[0].Nanoseconds())/float64(b.N)/1e6, "ours-ms")
	b.ReportMetric(float64(sum[1].Nanoseconds())/float64(b.N)/1e6, "goose-ms")
	b.ReportMetric(float64(sum[1])/float64(sum[0]), "x")
	b.ReportMetric(float64(least[1])/float64(least[0]), "x(min)")
	b.ReportMetric(0, "ns/op")
}
