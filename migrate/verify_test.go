package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := numbered()
		m := one(t, db, text)
		notReady := func(m *migrate.Migrator) *migrate.NotReadyError {
			t.Helper()
			err := m.Check(t.Context())
			e, ok := errors.AsType[*migrate.NotReadyError](err)
			if !ok || !errors.Is(err, migrate.ErrNotReady) {
				t.Fatalf("check: %v, want a NotReadyError", err)
			}
			return e
		}
		if e := notReady(m); len(e.Pending) != 3 || e.Holder != nil || !strings.Contains(e.Error(), "shared/1_a.sql is pending") {
			t.Errorf("check of an empty database: %+v", e)
		}
		mustUp(t, m)
		check(t, m.Check(t.Context()))

		// An older build is content with what a newer one has done.
		delete(text, "3_c.sql")
		check(t, one(t, db, text).Check(t.Context()))

		// While another migrates it is said who does.
		text["4_d.sql"] = noTx + up("CREATE TABLE d (id integer);", "INSERT INTO d VALUES (1);")
		var during *migrate.NotReadyError
		second := open(t, url)
		busy := one(t, db, text, migrate.WithApplication("busy one"), migrate.WithProgress(func(p migrate.Progress) {
			if p.Phase == migrate.PhaseStatement && p.Statement == 2 && db.Name() != "sqlite" || p.Phase == migrate.PhaseStatement && p.Statement == 1 {
				during = notReady(one(t, second, text))
			}
		}))
		mustUp(t, busy)
		if during == nil || during.Holder == nil || during.Holder.Application != "busy one" || len(during.HalfDone) != 1 {
			t.Errorf("check during an up: %+v", during)
		}
		check(t, busy.Check(t.Context()))
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := numbered()
		verify := func() *migrate.Verification {
			t.Helper()
			v, err := one(t, db, text).Verify(t.Context())
			check(t, err)
			return v
		}
		if v := verify(); v.OK() || v.NotReady == nil {
			t.Errorf("verification of an empty database: %+v", v)
		}
		mustUp(t, one(t, db, text))
		if v := verify(); !v.OK() {
			t.Errorf("verification %+v, want nothing", v)
		}
		text["2_b.sql"] += "-- edited\n"
		if v := verify(); v.OK() || v.NotReady != nil || len(v.Findings) != 1 {
			t.Errorf("verification %+v, want an edited file", v)
		}
		text["2_b.sql"] = numbered()["2_b.sql"]
		text["3_c.sql"] = up("CREATE TABLE c (id integer)")
		if v := verify(); v.OK() || len(v.Problems) == 0 || !strings.Contains(v.Problems[0], "3_c.sql") {
			t.Errorf("verification %+v, want a file that does not parse", v)
		}
	})
}

// What a failed CREATE INDEX CONCURRENTLY leaves is found and named.
func TestInvalidIndexes(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	text := map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);", "INSERT INTO a VALUES (1), (1);")}
	mustUp(t, one(t, db, text))
	if err := db.WithContext(t.Context()).Exec("CREATE UNIQUE INDEX CONCURRENTLY a_id ON a (id)").Error; err == nil {
		t.Fatal("index over duplicates: no error")
	}
	v, err := one(t, db, text).Verify(t.Context())
	check(t, err)
	diff(t, "invalid", []string{"public.a_id on public.a"}, v.InvalidIndexes)
	if v.OK() {
		t.Error("an invalid index is OK")
	}
	exec1(t, db, "DROP INDEX a_id")
	v, err = one(t, db, text).Verify(t.Context())
	check(t, err)
	if !v.OK() {
		t.Errorf("verification %+v, want nothing", v)
	}
}

func TestValidateSources(t *testing.T) {
	t.Parallel()
	source := migrate.NewSource("shared", files(map[string]string{
		"postgres/1_a.sql": up("CREATE TABLE a (id integer);"), "sqlite/1_a.sql": up("CREATE TABLE a (id integer)"),
	}))
	diff(t, "dialects", []string{"postgres", "sqlite"}, source.Dialects())
	check(t, migrate.ValidateSources(t.Context(), []migrate.Source{source}, "postgres"))
	for dialect, want := range map[string]string{"sqlite": "missing semicolon", "mysql": "no folder for mysql", "oracle": "is none of"} {
		err := migrate.ValidateSources(t.Context(), []migrate.Source{source}, dialect)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dialect, err, want)
		}
	}
}
