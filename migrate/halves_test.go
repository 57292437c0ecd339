package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// A forced baseline of an edited file, and a repair of a way down, do not make an
// old migration the one that was applied last.
func TestLastAppliedStays(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := numbered()
		mustUp(t, one(t, db, text))
		text["1_a.sql"] += "-- a comment\n"
		text["2_b.sql"] = noTx + up("CREATE TABLE b (id integer);") + "-- +goose Down\nDROP TABLE b;\nBROKEN;\n"
		m := one(t, db, text)
		_, err := m.Baseline(t.Context(), "shared", 2, migrate.BaselineOptions{Force: true})
		check(t, err)
		exec1(t, db, "INSERT INTO a VALUES (42)")
		r, err := m.Down(t.Context(), migrate.DownOptions{})
		check(t, err)
		diff(t, "down after a forced baseline", []string{"down shared/3_c.sql"}, names(r.Applied))
		same(t, db, "SELECT id FROM a", "42")

		if _, err := m.Down(t.Context(), migrate.DownOptions{}); err == nil {
			t.Fatal("a broken way down: no error")
		}
		exec1(t, db, "CREATE TABLE b (id integer)")
		check(t, m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 2, Undone: true}))
		mustUp(t, m)
		r, err = m.Down(t.Context(), migrate.DownOptions{})
		check(t, err)
		diff(t, "down", []string{"down shared/3_c.sql"}, names(r.Applied))
		// Undone and applied again it is the last, though.
		text["2_b.sql"] = strings.Replace(text["2_b.sql"], "BROKEN;\n", "", 1)
		m = one(t, db, text)
		_, err = m.Down(t.Context(), migrate.DownOptions{Steps: 2})
		check(t, err)
		_, err = m.To(t.Context(), "shared", 2)
		check(t, err)
		same(t, db, "SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY id", "1; 2")
	})
}

// halfUp leaves the second of two files half done, and the first with a row.
func halfUp(t *testing.T, db *gorm.DB) map[string]string {
	t.Helper()
	text := map[string]string{
		"1_one.sql": numbered()["1_a.sql"],
		"2_two.sql": noTx + up("CREATE TABLE two (id integer);", "INSERT INTO two VALUES (1);", "INSERT INTO missing VALUES (1);"),
	}
	if _, err := one(t, db, text).Up(t.Context()); err == nil {
		t.Fatal("up of a broken file: no error")
	}
	exec1(t, db, "INSERT INTO a VALUES (42)")
	return text
}

// Who says down after a failed up means the one that failed.
func TestDownBesideHalf(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := halfUp(t, db)
		for _, files := range []map[string]string{text, {"1_one.sql": text["1_one.sql"]}} {
			m := one(t, db, files)
			for what, err := range map[string]error{
				"down":         second(m.Down(t.Context(), migrate.DownOptions{})),
				"down by name": second(m.Down(t.Context(), migrate.DownOptions{Only: "shared"})),
				"redo":         second(m.Redo(t.Context(), migrate.RedoOptions{})),
				"to":           second(m.To(t.Context(), "shared", 0)),
			} {
				half, ok := errors.AsType[*migrate.HalfDoneError](err)
				if !ok || half.Migration.String() != "shared/2_two.sql" || half.Done != 2 {
					t.Errorf("%s: %v, want a HalfDoneError about the second", what, err)
				}
			}
		}
		same(t, db, "SELECT id FROM a", "42")
		// Other sources are no business of a down of one.
		other := migrate.NewSource("other", files(map[string]string{"1_o.sql": up("CREATE TABLE o (id integer);") + "-- +goose Down\nDROP TABLE o;\n"}))
		both := migrator(t, db, []migrate.Source{migrate.NewSource("shared", files(text)), other})
		_, err := both.To(t.Context(), "other", 1)
		check(t, err)
		if _, err := both.Down(t.Context(), migrate.DownOptions{}); !errors.Is(err, migrate.ErrHalfDone) {
			t.Errorf("down of all: %v, want ErrHalfDone", err)
		}
		r, err := both.Down(t.Context(), migrate.DownOptions{Only: "other"})
		check(t, err)
		diff(t, "down of the other", []string{"down other/1_o.sql"}, names(r.Applied))
	})
}

// A half-done migration is seen by those who do not have its file.
func TestHalfWithoutFile(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := halfUp(t, db)
		two := text["2_two.sql"]
		delete(text, "2_two.sql")
		m := one(t, db, text)
		status, err := m.Status(t.Context())
		check(t, err)
		diff(t, "status", []string{"1 one applied", "2 two partial"}, lines(status))
		if s := status[1]; !s.NoFile || s.Done != 2 || s.Statements != 3 || !strings.Contains(s.Note, "missing") {
			t.Errorf("status %+v", s)
		}
		r := mustUp(t, m)
		if len(r.Findings) != 1 || r.Findings[0].Kind != migrate.FindingHalfDone || !strings.Contains(r.Findings[0].String(), "migrate repair shared 2 --undone") {
			t.Errorf("findings %+v", r.Findings)
		}
		r, err = one(t, db, text, migrate.WithStrict()).Up(t.Context())
		if !errors.Is(err, migrate.ErrStrict) || len(r.Findings) != 1 {
			t.Errorf("strict up: %v %+v", err, r)
		}
		v, err := m.Verify(t.Context())
		check(t, err)
		if v.OK() || len(v.Findings) != 1 {
			t.Errorf("verify %+v, want the half-done one", v)
		}
		// A newer build's run is no obstacle to a start; one in the middle is.
		check(t, m.Check(t.Context()))
		text["3_three.sql"] = up("CREATE TABLE three (id integer);")
		later := one(t, db, text)
		mustUp(t, later)
		behind, ok := errors.AsType[*migrate.NotReadyError](later.Check(t.Context()))
		if !ok || len(behind.HalfDone) != 1 {
			t.Errorf("check %v, want the half-done one", behind)
		}

		// The same file under another number would do twice what is done.
		for name, renumbered := range map[string]string{"4_two.sql": up("SELECT 1;"), "4_other.sql": two} {
			again := map[string]string{"1_one.sql": text["1_one.sql"], name: renumbered}
			_, err := one(t, db, again).Up(t.Context())
			if half, ok := errors.AsType[*migrate.HalfDoneError](err); !ok || half.Migration.Version != 2 {
				t.Errorf("up with %s: %v, want a HalfDoneError", name, err)
			}
		}
		same(t, db, "SELECT id FROM two", "1")

		n := 2
		if err := m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 2, Done: &n}); !errors.Is(err, migrate.ErrRefused) {
			t.Errorf("repair --done without a file: %v", err)
		}
		if err := m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 9, Undone: true}); !errors.Is(err, migrate.ErrNoVersion) {
			t.Errorf("repair of what is not there: %v", err)
		}
		exec1(t, db, "DROP TABLE two")
		check(t, m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 2, Undone: true}))
		check(t, later.Check(t.Context()))
		same(t, db, "SELECT count(*) FROM goose_db_version WHERE version_id = 2", "0")
		text["2_two.sql"] = strings.Replace(two, "missing", "two", 1)
		diff(t, "up", []string{"up shared/2_two.sql"}, names(mustUp(t, one(t, db, text)).Applied))
	})
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := halfUp(t, db)
		delete(text, "2_two.sql")
		m := one(t, db, text)
		check(t, m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 2, Applied: true}))
		status, err := m.Status(t.Context())
		check(t, err)
		diff(t, "status", []string{"1 one applied", "2 two unknown"}, lines(status))
		diff(t, "strict findings", 1, len(migrate.Findings(status)))
	})
}

// While a newer build migrates, older ones start and have nothing to do.
func TestHalfUnderWay(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		old := map[string]string{"1_one.sql": numbered()["1_a.sql"]}
		mustUp(t, one(t, db, old))
		strict := one(t, open(t, url), old, migrate.WithStrict())
		newer := map[string]string{"1_one.sql": old["1_one.sql"], "2_two.sql": noTx + up("CREATE TABLE two (id integer);", "SELECT 1;", "SELECT 2;")}
		asked := 0
		mustUp(t, one(t, db, newer, migrate.WithProgress(func(p migrate.Progress) {
			if p.Phase != migrate.PhaseStatement || p.Statement != 3 {
				return
			}
			asked++
			r, err := strict.Up(t.Context())
			if err != nil || len(r.Findings) != 0 {
				t.Errorf("strict up beside a run: %v %+v", err, r)
			}
			v, err := strict.Verify(t.Context())
			if err != nil || !v.OK() {
				t.Errorf("verify beside a run: %v %+v", err, v)
			}
		})))
		diff(t, "asked", 1, asked)
	})
}
