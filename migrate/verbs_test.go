package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

func numbered() map[string]string {
	return map[string]string{
		"1_a.sql": up("CREATE TABLE a (id integer);") + "-- +goose Down\nDROP TABLE a;\n",
		"2_b.sql": up("CREATE TABLE b (id integer);") + "-- +goose Down\nDROP TABLE b;\n",
		"3_c.sql": up("CREATE TABLE c (id integer);") + "-- +goose Down\nDROP TABLE c;\n",
	}
}

func TestTo(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		other := migrate.NewSource("other", files(map[string]string{"2_o.sql": up("CREATE TABLE o (id integer);")}))
		text := numbered()
		with := func() *migrate.Migrator {
			return migrator(t, db, []migrate.Source{migrate.NewSource("shared", files(text)), other})
		}
		to := func(version int64) []string {
			t.Helper()
			r, err := with().To(t.Context(), "shared", version)
			check(t, err)
			return names(r.Applied)
		}
		late := text["1_a.sql"]
		delete(text, "1_a.sql")
		diff(t, "up", []string{"up shared/2_b.sql"}, to(2))
		text["1_a.sql"] = late
		diff(t, "both", []string{"up shared/1_a.sql", "up shared/3_c.sql"}, to(3))
		diff(t, "down and stay", []string{"down shared/3_c.sql"}, to(2))
		diff(t, "nothing", []string(nil), to(2))
		diff(t, "down by history", []string{"down shared/1_a.sql", "down shared/2_b.sql"}, to(0))
		same(t, db, "SELECT version_id FROM goose_db_version_other", "0")
		for source, version := range map[string]int64{"shared": 7, "nobody": 1} {
			if _, err := with().To(t.Context(), source, version); !errors.Is(err, migrate.ErrNoVersion) {
				t.Errorf("to %d of %s: %v, want ErrNoVersion", version, source, err)
			}
		}
		to(3)
		delete(text, "3_c.sql")
		if _, err := with().To(t.Context(), "shared", 1); !errors.Is(err, migrate.ErrNoFile) {
			t.Errorf("to without the file: %v, want ErrNoFile", err)
		}
		same(t, db, "SELECT count(*) FROM goose_db_version", "4")

		text["4_d.sql"] = noTx + up("CREATE TABLE d (id integer);", "BROKEN;")
		if _, err := with().To(t.Context(), "shared", 4); err == nil {
			t.Fatal("to a broken file: no error")
		}
		text["3_c.sql"] = numbered()["3_c.sql"]
		if _, err := with().To(t.Context(), "shared", 2); !errors.Is(err, migrate.ErrHalfDone) {
			t.Errorf("to beside a half-done file: %v, want ErrHalfDone", err)
		}
	})
}

func TestRedo(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := numbered()
		m := one(t, db, text)
		r, err := m.Redo(t.Context(), migrate.RedoOptions{})
		check(t, err)
		diff(t, "nothing applied", []string(nil), names(r.Applied))
		mustUp(t, m)
		exec1(t, db, "INSERT INTO c VALUES (1)")
		r, err = m.Redo(t.Context(), migrate.RedoOptions{Only: "shared"})
		check(t, err)
		diff(t, "redo", []string{"down shared/3_c.sql", "up shared/3_c.sql"}, names(r.Applied))
		same(t, db, "SELECT count(*) FROM c", "0")
		if _, err := m.Redo(t.Context(), migrate.RedoOptions{Only: "nobody"}); err == nil {
			t.Error("redo of an unknown source: no error")
		}
		text["4_d.sql"] = up("CREATE TABLE d (id integer);")
		mustUp(t, one(t, db, text))
		if _, err := one(t, db, text).Redo(t.Context(), migrate.RedoOptions{}); err == nil || !strings.Contains(err.Error(), "no way down") {
			t.Errorf("redo without a down: %v", err)
		}
		same(t, db, "SELECT count(*) FROM schemactl_history WHERE version = 4", "1")
	})
}

// What differs is told apart; an up goes on nevertheless, a strict one does not.
func TestFindings(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := numbered()
		text["5_e.sql"] = up("CREATE TABLE e (id integer);")
		text["9_newer.sql"] = up("CREATE TABLE newer (id integer);")
		mustUp(t, one(t, db, text))
		delete(text, "1_a.sql")
		delete(text, "9_newer.sql")
		text["2_b.sql"] += "-- edited\n"
		text["4_late.sql"] = up("CREATE TABLE late (id integer);")
		want := []string{"missing 1_a.sql", "edited 2_b.sql", "out_of_order 4_late.sql", "unknown 9_newer.sql"}
		got := func(found []migrate.Finding) (out []string) {
			for _, f := range found {
				out = append(out, string(f.Kind)+" "+f.File)
			}
			return out
		}
		status, err := one(t, db, text).Status(t.Context())
		check(t, err)
		diff(t, "status", want, got(migrate.Findings(status)))

		strict := one(t, db, text, migrate.WithStrict())
		_, err = strict.Up(t.Context())
		refused, ok := errors.AsType[*migrate.StrictError](err)
		if !ok || !errors.Is(err, migrate.ErrStrict) {
			t.Fatalf("strict up: %v, want a StrictError", err)
		}
		diff(t, "strict", want, got(refused.Findings))
		if db.Migrator().HasTable("late") {
			t.Error("a strict up has run")
		}
		plan, err := strict.Plan(t.Context())
		check(t, err)
		if !errors.Is(plan.Blocked, migrate.ErrStrict) {
			t.Errorf("strict plan: %v", plan.Blocked)
		}
		r := mustUp(t, one(t, db, text))
		diff(t, "up", []string{"up shared/4_late.sql"}, names(r.Applied))
		diff(t, "findings of the up", want, got(r.Findings))
		// Each alone is enough for a strict up with nothing else to do.
		if _, err := strict.Up(t.Context()); !errors.Is(err, migrate.ErrStrict) {
			t.Errorf("strict up with nothing pending: %v", err)
		}
	})
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := numbered()
		m := one(t, db, text)
		base := func(m *migrate.Migrator, version int64, force bool) ([]string, error) {
			r, err := m.Baseline(t.Context(), "shared", version, migrate.BaselineOptions{Force: force})
			if err != nil {
				return nil, err
			}
			return names(r.Applied), nil
		}
		if _, err := base(m, 2, false); !errors.Is(err, migrate.ErrRefused) {
			t.Errorf("baseline of an empty database: %v, want ErrRefused", err)
		}
		if db.Migrator().HasTable("goose_db_version") {
			t.Error("a refused baseline has made tables")
		}
		exec1(t, db, "CREATE TABLE a (id integer)")
		exec1(t, db, "CREATE TABLE b (id integer)")
		for _, version := range []int64{0, 7} {
			if _, err := base(m, version, false); !errors.Is(err, migrate.ErrNoVersion) {
				t.Errorf("baseline %d: %v, want ErrNoVersion", version, err)
			}
		}
		got, err := base(m, 2, false)
		check(t, err)
		diff(t, "baseline", []string{"up shared/1_a.sql", "up shared/2_b.sql"}, got)
		got, err = base(m, 2, false)
		check(t, err)
		diff(t, "again", []string(nil), got)
		same(t, db, "SELECT version, message FROM schemactl_history ORDER BY id", "1 baseline; 2 baseline")
		diff(t, "up", []string{"up shared/3_c.sql"}, names(mustUp(t, m).Applied))
		status, err := m.Status(t.Context())
		check(t, err)
		if status[0].State != migrate.StateApplied || status[0].Note != "baseline" || status[2].Note != "" {
			t.Errorf("status %+v", status)
		}

		text["1_a.sql"] += "-- edited\n"
		edited := one(t, db, text)
		if _, err := base(edited, 3, false); !errors.Is(err, migrate.ErrRefused) || !strings.Contains(err.Error(), "1_a.sql was edited") {
			t.Errorf("baseline over an edited file: %v, want ErrRefused", err)
		}
		_, err = base(edited, 3, true)
		check(t, err)
		status, err = edited.Status(t.Context())
		check(t, err)
		diff(t, "status after force", []string{"1 a applied", "2 b applied", "3 c applied"}, lines(status))
		same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1; 2; 3")

		text["4_d.sql"] = noTx + up("CREATE TABLE d (id integer);", "BROKEN;")
		if _, err := one(t, db, text).Up(t.Context()); err == nil {
			t.Fatal("up of a broken file: no error")
		}
		if _, err := base(one(t, db, text), 4, true); !errors.Is(err, migrate.ErrHalfDone) {
			t.Errorf("baseline over a half-done file: %v, want ErrHalfDone", err)
		}
		fresh := open(t, another(t, url))
		got, err = base(one(t, fresh, numbered()), 1, true)
		check(t, err)
		diff(t, "forced in an empty database", []string{"up shared/1_a.sql"}, got)
	})
}
