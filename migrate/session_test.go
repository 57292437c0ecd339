package migrate_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// Sessions without autocommit: what is done is recorded, once. One database is
// opened by a URL, one by an application itself.
func TestAutocommitOff(t *testing.T) {
	t.Parallel()
	address := testenv.MariaDB(t)
	cfg, err := driver.ParseDSN(dsn(t, address))
	check(t, err)
	cfg.Params = map[string]string{"autocommit": "0"}
	cfg.ParseTime = true
	raw, err := gorm.Open(gormmysql.Open(cfg.FormatDSN()), &gorm.Config{Logger: logger.Discard})
	check(t, err)
	pool, err := raw.DB()
	check(t, err)
	t.Cleanup(func() { check(t, pool.Close()) })
	for i, db := range []*gorm.DB{open(t, address+"?autocommit=0"), raw} {
		text := map[string]string{fmt.Sprintf("%d_a.sql", i+1): up(fmt.Sprintf("CREATE TABLE a%d (id int);", i), fmt.Sprintf("INSERT INTO a%d VALUES (1);", i))}
		mustUp(t, one(t, db, text))
		other := open(t, address)
		check(t, one(t, other, text).Check(t.Context()))
		same(t, other, fmt.Sprintf("SELECT id FROM a%d", i), "1")
		same(t, other, fmt.Sprintf("SELECT state FROM schemactl_history WHERE version = %d", i+1), "applied")
		diff(t, "up again", 0, len(mustUp(t, one(t, other, text)).Applied))
	}
}

// Two of them that wait for each other see what the other one did.
func TestAutocommitOffRace(t *testing.T) {
	t.Parallel()
	address := testenv.MariaDB(t)
	cfg, err := driver.ParseDSN(dsn(t, address))
	check(t, err)
	cfg.Params = map[string]string{"autocommit": "0"}
	cfg.ParseTime = true
	text := map[string]string{"1_a.sql": up("CREATE TABLE a (id int);", "INSERT INTO a VALUES (SLEEP(0.3));"), "2_b.sql": up("INSERT INTO a VALUES (2);")}
	applied := make(chan int)
	for range 4 {
		raw, err := gorm.Open(gormmysql.Open(cfg.FormatDSN()), &gorm.Config{Logger: logger.Discard})
		check(t, err)
		pool, err := raw.DB()
		check(t, err)
		t.Cleanup(func() { check(t, pool.Close()) })
		m := one(t, raw, text)
		go func() {
			r, err := m.Up(t.Context())
			if err != nil {
				t.Error(err)
				applied <- 0
				return
			}
			applied <- len(r.Applied)
		}()
	}
	sum := 0
	for range 4 {
		sum += <-applied
	}
	diff(t, "applied", 2, sum)
	same(t, open(t, address), "SELECT count(*) FROM a", "2")
}

// dsn is the Go driver's form of a mysql:// URL of testenv.
func dsn(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	password, _ := u.User.Password()
	cfg := driver.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName = u.User.Username(), password, "tcp", u.Host, strings.Trim(u.Path, "/")
	return cfg.FormatDSN()
}

// A message that the history cannot hold does not turn a refused statement into
// one in doubt.
func TestMessageThatCannotBeStored(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		url     func(testing.TB) string
		prepare []string
		broken  string
	}{
		"latin1 database": {testenv.MariaDB, []string{"ALTER DATABASE CHARACTER SET latin1"}, "ALTER TABLE nosuch /* 説明 */ ADD x int;"},
		"latin1 history":  {testenv.MariaDB, []string{"ALTER DATABASE CHARACTER SET latin1", "OLD"}, "ALTER TABLE nosuch /* 説明 */ ADD x int;"},
		"zero byte":       {testenv.Postgres, nil, "CREATE TABLE b (id integer) /* \x00 */;"},
		"no UTF-8":        {testenv.Postgres, nil, "CREATE TABLE \xffb (id integer);"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, c.url(t))
			text := map[string]string{"1_課金.sql": noTx + up("CREATE TABLE a (id integer);", c.broken, "CREATE TABLE z (id integer);")}
			for _, p := range c.prepare {
				if p == "OLD" { // made by a version that took the database's characters
					text = map[string]string{"0_made.sql": "", "1_b.sql": text["1_課金.sql"]}
					delete(text, "0_made.sql")
					mustUp(t, one(t, db, map[string]string{"5_made.sql": up("CREATE TABLE made (id integer);")}))
					p = "ALTER TABLE schemactl_history CONVERT TO CHARACTER SET latin1"
				}
				exec1(t, db, p)
			}
			_, err := one(t, db, text).Up(t.Context())
			statement, ok := errors.AsType[*migrate.StatementError](err)
			if !ok || statement.Done != 1 || statement.InDoubt != 0 {
				t.Fatalf("up: %v, want a StatementError with one done and none in doubt", err)
			}
			same(t, db, progress+" WHERE version = 1", "failed 3 1 1")
			for name, file := range text {
				text[name] = strings.Replace(file, c.broken, "CREATE TABLE b (id integer);", 1)
			}
			diff(t, "up", 1, len(mustUp(t, one(t, db, text)).Applied))
		})
	}
}

// An application's name in any script, in a database in Latin 1.
func TestNameInAnyScript(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.MariaDB(t))
	exec1(t, db, "ALTER DATABASE CHARACTER SET latin1")
	text := map[string]string{"1_課金.sql": up("CREATE TABLE a (id integer);")}
	mustUp(t, one(t, db, text, migrate.WithApplication("課金")))
	status, err := one(t, db, text).Status(t.Context())
	check(t, err)
	if status[0].Application != "課金" || status[0].Name != "課金" {
		t.Errorf("status %+v", status[0])
	}
}

// Names lead along the search path, but what is applied counts where tables are
// made, whichever of the tables is missing.
func TestSearchPath(t *testing.T) {
	t.Parallel()
	address := testenv.Postgres(t)
	admin := open(t, address)
	shared := migrate.NewSource("shared", files(map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);")}))
	more := migrate.NewSource("more", files(map[string]string{"1_m.sql": up("CREATE TABLE m (id integer);")}))
	mustUp(t, migrator(t, admin, []migrate.Source{shared}))
	exec1(t, admin, `CREATE SCHEMA "My App"`)
	u, err := url.Parse(address)
	check(t, err)
	q := u.Query()
	q.Set("search_path", `"My App",public`)
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	db := open(t, u.String())

	same(t, db, "SELECT current_schema()", "My App")
	m := migrator(t, db, []migrate.Source{shared})
	status, err := m.Status(t.Context())
	check(t, err)
	diff(t, "status", []string{"1 a pending"}, lines(status))
	diff(t, "up", []string{"up shared/1_a.sql"}, names(mustUp(t, m).Applied))
	diff(t, "up with one more source", []string{"up more/1_m.sql"}, names(mustUp(t, migrator(t, db, []migrate.Source{shared, more})).Applied))
	same(t, db, "SELECT schemaname, tablename FROM pg_tables WHERE tablename IN ('a', 'm') ORDER BY 1, 2", "My App a; My App m; public a")
	same(t, db, "SELECT count(*) FROM public.schemactl_history", "1")
	diff(t, "up again", 0, len(mustUp(t, migrator(t, db, []migrate.Source{shared, more})).Applied))
	diff(t, "up of the other schema", 0, len(mustUp(t, migrator(t, admin, []migrate.Source{shared})).Applied))
}

// A migration may drop the statements that the driver has prepared.
func TestDeallocate(t *testing.T) {
	t.Parallel()
	for _, drop := range []string{"DEALLOCATE ALL;", "DISCARD PLANS;", "SELECT 1; DEALLOCATE ALL;"} {
		db := open(t, testenv.Postgres(t))
		text := map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);"), "2_b.sql": up("INSERT INTO a VALUES (2);", drop),
			"3_c.sql": noTx + up("INSERT INTO a VALUES (3);", drop, "INSERT INTO a VALUES (4);", drop), "4_d.sql": noTx + up(drop, "INSERT INTO a VALUES (5);"),
			"5_e.sql": up(drop), "6_f.sql": noTx + up(drop), "7_g.sql": noTx + up("INSERT INTO a VALUES (6);")}
		r, err := one(t, db, text, migrate.WithLockRetries(0)).Up(t.Context())
		if err != nil || len(r.Applied) != 7 {
			t.Errorf("%s: %v", drop, err)
		}
		same(t, db, "SELECT id FROM a ORDER BY id", "2; 3; 4; 5; 6")
		same(t, db, "SELECT count(*) FROM schemactl_history WHERE state = 'applied'", "7")
	}
}

// A comment about CONCURRENTLY takes no lock timeout away.
func TestConcurrentlyInComment(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	exec1(t, db, "CREATE TABLE a (id integer)")
	tx := db.WithContext(t.Context()).Begin()
	check(t, tx.Exec("SELECT * FROM a").Error)
	defer tx.Rollback()
	for _, statement := range []string{"ALTER TABLE a ADD x integer; -- cannot be done concurrently", "ALTER TABLE a ADD x text DEFAULT 'concurrently';"} {
		m := one(t, db, map[string]string{"1_a.sql": noTx + up(statement)}, migrate.WithLockTimeout(50*time.Millisecond), migrate.WithLockRetries(0))
		_, err := m.Up(t.Context())
		if err == nil || !strings.Contains(err.Error(), "lock timeout") {
			t.Errorf("%s: %v, want a lock timeout", statement, err)
		}
	}
}
