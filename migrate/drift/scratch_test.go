package drift_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
	"github.com/schemactl/schemactl/models"
)

// leftovers counts what this package made on a server and did not take away,
// beyond what other tests have there now: those of the asking user.
func leftovers(t *testing.T, db *gorm.DB, user string) int {
	t.Helper()
	query := `SELECT (SELECT count(*) FROM pg_database d WHERE datname LIKE 'schemactl!_scratch!_%' ESCAPE '!' AND pg_get_userbyid(datdba) = '` + user +
		`') + (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'schemactl!_scratch!_%' ESCAPE '!')`
	var n int
	check(t, db.WithContext(t.Context()).Raw(query).Scan(&n).Error)
	return n
}

// role makes a PostgreSQL user that may read everything and, with CREATE on the
// database, make a schema. It returns the URL with that user.
func role(t *testing.T, admin *gorm.DB, raw string, mayCreate bool) (string, string) {
	t.Helper()
	name := "drift_" + strings.ToLower(rand.Text()[:10])
	u, err := url.Parse(raw)
	check(t, err)
	database := strings.TrimPrefix(u.Path, "/")
	run(t, admin, "CREATE ROLE "+name+" LOGIN PASSWORD 'secret'",
		"GRANT pg_read_all_data TO "+name)
	drop := []string{"DROP OWNED BY " + name, "DROP ROLE " + name}
	if mayCreate {
		run(t, admin, "GRANT CREATE ON DATABASE "+database+" TO "+name)
	}
	t.Cleanup(func() {
		for _, s := range drop {
			if err := admin.Exec(s).Error; err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
	})
	u.User = url.UserPassword(name, "secret")
	return u.String(), name
}

// Without the right to make a database a schema serves; without that one too
// the error names both, and the way around.
func TestPostgresScratchByRights(t *testing.T) {
	t.Parallel()
	raw := testenv.Postgres(t)
	admin := migrated(t, raw)
	low, user := role(t, admin, raw, true)
	if got := short(compare(t, low)); got != "" {
		t.Errorf("in a schema: %s", got)
	}
	run(t, admin, "CREATE INDEX extra ON accounts (status)")
	if got := short(compare(t, low)); got != "live-extra index accounts.extra" {
		t.Errorf("in a schema: %s", got)
	}
	if n := leftovers(t, admin, user); n != 0 {
		t.Errorf("%d schemas are left", n)
	}

	none, user := role(t, admin, raw, false)
	_, err := drift.Compare(t.Context(), drift.Request{URL: none, Sources: sources(), Models: models.All()})
	right, ok := errors.AsType[*drift.RightError](err)
	if !ok || right.User != user || !strings.Contains(err.Error(), "CREATEDB, and CREATE on database") || !strings.Contains(err.Error(), "--scratch-url") {
		t.Errorf("without rights: %v", err)
	}
	if r := compare(t, none, func(r *drift.Request) { r.ScratchURL = testenv.Postgres(t) }); short(r) != "live-extra index accounts.extra" {
		t.Errorf("with a scratch of its own: %s", short(r))
	}

	qualified := []migrate.Source{migrate.NewSource("shared", files(map[string]string{"1_a.sql": "-- +goose Up\nCREATE TABLE public.a (id int);\n"}))}
	_, err = drift.Compare(t.Context(), drift.Request{URL: low, Sources: qualified})
	if q, ok := errors.AsType[*drift.QualifiedError](err); !ok || q.File != "shared/1_a.sql" {
		t.Errorf("qualified: %v", err)
	}
	if r := compare(t, raw, func(r *drift.Request) { r.Sources, r.Models = qualified, nil }); !strings.Contains(short(r), "live-extra table accounts") {
		t.Errorf("qualified, in a database of its own: %s", short(r))
	}
}

// A user of MariaDB without CREATE DATABASE is told so, and a migration that
// names the live database is refused.
func TestMySQLScratchByRights(t *testing.T) {
	t.Parallel()
	raw := testenv.MariaDB(t)
	admin := migrated(t, raw)
	u, err := url.Parse(raw)
	check(t, err)
	database, name := strings.TrimPrefix(u.Path, "/"), "d_"+strings.ToLower(rand.Text()[:10])
	run(t, admin, "CREATE USER "+name+"@'%' IDENTIFIED BY 'secret'", "GRANT SELECT ON "+database+".* TO "+name+"@'%'")
	t.Cleanup(func() {
		if err := admin.Exec("DROP USER " + name + "@'%'").Error; err != nil {
			t.Error(err)
		}
	})
	u.User = url.UserPassword(name, "secret")
	_, err = drift.Compare(t.Context(), drift.Request{URL: u.String(), Sources: sources()})
	if right, ok := errors.AsType[*drift.RightError](err); !ok || !strings.Contains(right.Right, "CREATE DATABASE") {
		t.Errorf("without rights: %v", err)
	}
	if got := short(compare(t, u.String(), func(r *drift.Request) { r.ScratchURL = testenv.MariaDB(t) })); got != "" {
		t.Errorf("with a scratch of its own: %s", got)
	}
	qualified := []migrate.Source{migrate.NewSource("shared", files(map[string]string{"1_a.sql": "-- +goose Up\nCREATE TABLE `" + database + "`.a (id int);\n"}))}
	if _, err = drift.Compare(t.Context(), drift.Request{URL: raw, Sources: qualified}); !errors.As(err, new(*drift.QualifiedError)) {
		t.Errorf("qualified: %v", err)
	}
}

// Nothing is left after a migration that fails, nor after ^C in the middle.
func TestScratchIsTakenAway(t *testing.T) {
	t.Parallel()
	raw := testenv.Postgres(t)
	admin := open(t, raw)
	owner, user := role(t, admin, raw, false)
	run(t, admin, "ALTER ROLE "+user+" CREATEDB")
	broken := func(statement string) []migrate.Source {
		return []migrate.Source{migrate.NewSource("shared", files(map[string]string{"1_a.sql": "-- +goose Up\n" + statement + ";\n"}))}
	}
	_, err := drift.Compare(t.Context(), drift.Request{URL: owner, Sources: broken("nonsense")})
	if err == nil || !strings.Contains(err.Error(), "scratch database") || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("broken migration: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := drift.Compare(ctx, drift.Request{URL: owner, Sources: broken("SELECT pg_sleep(60)")})
		done <- err
	}()
	for leftovers(t, admin, user) == 0 {
		select {
		case err := <-done:
			t.Fatalf("ended: %v", err)
		default:
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended by %v", err)
	}
	if n := leftovers(t, admin, user); n != 0 {
		t.Errorf("%d databases are left", n)
	}
}

// A scratch that the caller gives must be empty and another than the live one,
// and is left empty.
func TestGivenScratch(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		migrated(t, url)
		scratch := another(t, url)
		for range 2 { // the second time shows that the first left nothing
			if got := short(compare(t, url, func(r *drift.Request) { r.ScratchURL = scratch })); got != "" {
				t.Error(got)
			}
		}
		s, err := drift.Inspect(t.Context(), open(t, scratch))
		if check(t, err); len(s.Objects) != 0 || len(s.Sources) != 0 {
			t.Errorf("left: %+v", s)
		}
		for name, used := range map[string]string{"live": url, "full": another(t, url)} {
			if name == "full" {
				run(t, open(t, used), "CREATE TABLE precious (id int)")
			}
			_, err := drift.Compare(t.Context(), drift.Request{URL: url, ScratchURL: used, Sources: sources()})
			if !errors.Is(err, drift.ErrScratchUsed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// The live database is as it was.
		if got := short(compare(t, url)); got != "" {
			t.Error(got)
		}
	})
}
