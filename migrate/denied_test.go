package migrate_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// denied is a user with too few rights. The table owned, which one of the
// migrations alters, belongs to the administrator.
type denied struct {
	grants []string // said by the administrator, with the user's name for ROLE
	// applied are migrations that the administrator has run, want what the user's
	// up applies before it is refused, and says what the refusal says.
	applied int
	want    []string
	says    []string
	// blind says that the user cannot even read the state.
	blind bool
}

func (d denied) check(t *testing.T, admin, user *gorm.DB) {
	t.Helper()
	for _, text := range d.grants {
		exec1(t, admin, text)
	}
	text := map[string]string{
		"1_a.sql":         up("CREATE TABLE a (id integer);"),
		"2_owned.sql":     up("ALTER TABLE owned ADD COLUMN x integer;"),
		"3_b.sql":         up("CREATE TABLE b (id integer);"),
		"4_not_begun.sql": up("CREATE TABLE c (id integer);"),
	}
	m := one(t, user, text)
	result, err := m.Up(t.Context())
	if !errors.Is(err, migrate.ErrDenied) {
		t.Fatalf("up: %v, want ErrDenied", err)
	}
	for _, want := range d.says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	applied := []string{}
	if result != nil {
		applied = names(result.Applied)
	}
	diff(t, "applied", d.want, applied)
	status, err := m.Status(t.Context())
	if d.blind {
		if !errors.Is(err, migrate.ErrDenied) {
			t.Errorf("status: %v %v, want ErrDenied", lines(status), err)
		}
		return
	}
	check(t, err)
	done := d.applied + len(d.want)
	if n := strings.Count(strings.Join(lines(status), "\n"), " applied"); n != done || len(status) != len(text) {
		t.Errorf("status %v, want %d applied", lines(status), done)
	}
	plan, err := m.Plan(t.Context())
	check(t, err)
	if len(plan.Migrations) != len(text)-done {
		t.Errorf("plan: %d migrations, want %d", len(plan.Migrations), len(text)-done)
	}
	if v, err := m.Verify(t.Context()); err != nil || v.NotReady == nil || len(v.NotReady.HalfDone) > 0 {
		t.Errorf("verify: %+v, %v", v, err)
	}
}

// Whoever lacks a right is told which, and what was done before is recorded, and
// no more.
func TestDeniedPostgres(t *testing.T) {
	t.Parallel()
	const tables = "schemactl_history, goose_db_version"
	for name, d := range map[string]denied{
		"no create": {
			want: []string{}, says: []string{"permission denied for schema public", "USAGE and CREATE on the schema"},
		},
		"no usage": {
			grants: []string{"REVOKE ALL ON SCHEMA public FROM public"},
			want:   []string{}, says: []string{"ROLE may not use schema public", "GRANT USAGE ON SCHEMA public TO ROLE"}, blind: true,
		},
		"no usage where all is applied": {
			grants: []string{"REVOKE ALL ON SCHEMA public FROM public"}, applied: 1,
			want: []string{}, says: []string{"may not use schema public"}, blind: true,
		},
		"table of another role": {
			grants: []string{"GRANT CREATE ON SCHEMA public TO ROLE"},
			want:   []string{"up shared/1_a.sql"},
			says: []string{
				"shared/2_owned.sql:2", "must be owner of table owned", "1 applied before it, 2 not begun", "migrate as the role that owns it",
			},
		},
		"read only": {
			grants: []string{"GRANT SELECT ON " + tables + " TO ROLE"}, applied: 1,
			want: []string{}, says: []string{"shared/2_owned.sql", "must be owner", "2 more not begun"},
		},
		"not even read": {applied: 1, want: []string{}, says: []string{"schemactl_history", "SELECT"}, blind: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := testenv.Postgres(t)
			admin := open(t, url)
			exec1(t, admin, "CREATE TABLE owned (id integer)")
			if d.applied > 0 {
				mustUp(t, one(t, admin, map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);")}))
			}
			role := "r_" + query(t, admin, "SELECT oid FROM pg_database WHERE datname = current_database()")
			exec1(t, admin, "CREATE ROLE "+role+" LOGIN PASSWORD 'kept-to-itself'")
			t.Cleanup(func() { afterwards(t, url, "DROP OWNED BY "+role, "DROP ROLE "+role) })
			d.grants, d.says = withRole(d.grants, role), withRole(d.says, role)
			d.check(t, admin, open(t, asUser(url, role+":kept-to-itself")))
		})
	}
}

func TestDeniedMariaDB(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]denied{
		"no create": {
			grants: []string{"GRANT SELECT ON DATABASE.* TO ROLE"},
			want:   []string{}, says: []string{"CREATE command denied", "schemactl_history", "needs CREATE, ALTER"},
		},
		"read only": {
			grants: []string{"GRANT SELECT ON DATABASE.* TO ROLE"}, applied: 1,
			want: []string{}, says: []string{"shared/2_owned.sql", "INSERT command denied", "2 more not begun"},
		},
		"no alter": {
			grants: []string{"GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON DATABASE.* TO ROLE"},
			want:   []string{"up shared/1_a.sql"},
			says: []string{
				"shared/2_owned.sql:2", "ALTER command denied", "1 applied before it, 2 not begun", "grant that to the user",
			},
		},
		"a table alone": {
			grants: []string{"GRANT SELECT ON DATABASE.owned TO ROLE"}, applied: 1,
			want: []string{}, says: []string{"SELECT command denied", "schemactl_history"}, blind: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := testenv.MariaDB(t)
			admin := open(t, url)
			exec1(t, admin, "CREATE TABLE owned (id integer)")
			if d.applied > 0 {
				mustUp(t, one(t, admin, map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);")}))
			}
			name := query(t, admin, "SELECT DATABASE()")
			user := "u_" + name[len(name)-12:]
			exec1(t, admin, "CREATE USER "+user+" IDENTIFIED BY 'kept-to-itself'")
			t.Cleanup(func() { afterwards(t, url, "DROP USER "+user) })
			for _, text := range withRole(d.grants, user) {
				exec1(t, admin, strings.ReplaceAll(text, "DATABASE", name)) // before the user opens it
			}
			d.grants = nil
			d.check(t, admin, open(t, asUser(url, user+":kept-to-itself")))
		})
	}
}

func withRole(texts []string, role string) []string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = strings.ReplaceAll(s, "ROLE", role)
	}
	return out
}

func asUser(url, user string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	return scheme + "://" + user + rest[strings.LastIndex(rest, "@"):]
}

// afterwards says statements when the test's context has ended.
func afterwards(t *testing.T, url string, statements ...string) {
	t.Helper()
	db, err := database.Open(context.WithoutCancel(t.Context()), url)
	check(t, err)
	for _, text := range statements {
		check(t, db.Exec(text).Error)
	}
	check(t, database.Close(db))
}
