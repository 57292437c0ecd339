package drift_test

import (
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
)

// code is a migration with what is not a table.
var code = map[string]string{
	"postgres": `CREATE TYPE mood AS ENUM ('a''b', 'c');
CREATE SEQUENCE numbers START WITH 7;
-- +goose StatementBegin
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	-- a comment; with a semicolon
	NEW.note := 'it''s; done';
	RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TABLE odd ("Odd Name" int GENERATED ALWAYS AS IDENTITY (START WITH 5), note text COLLATE "C" DEFAULT 'x;y', m mood NOT NULL DEFAULT 'c',
	n bigint DEFAULT nextval('numbers'), twice int GENERATED ALWAYS AS (length(note) * 2) STORED, PRIMARY KEY ("Odd Name"), CONSTRAINT long CHECK (length(note) < 99));
CREATE INDEX idx_partial ON odd (lower(note)) WHERE n > 3;
ALTER TABLE odd ADD CONSTRAINT u UNIQUE (note, n);
ALTER TABLE odd ADD CONSTRAINT late CHECK (n > 0) NOT VALID;
CREATE TRIGGER tr BEFORE INSERT ON odd FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE VIEW v AS SELECT note FROM odd;
CREATE VIEW a_later AS SELECT note FROM v;
CREATE MATERIALIZED VIEW mv AS SELECT note, n FROM odd;
CREATE UNIQUE INDEX idx_mv ON mv (note);
ALTER TABLE odd ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON odd USING (n > 1);
CREATE FUNCTION odds() RETURNS SETOF odd LANGUAGE sql STABLE AS 'SELECT * FROM odd';
CREATE FUNCTION notes() RETURNS SETOF v LANGUAGE sql STABLE AS 'SELECT * FROM v';
CREATE FUNCTION short(text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT length($1) < 9';
CREATE TABLE later (id int PRIMARY KEY, t text CHECK (short(t)));
CREATE INDEX idx_short ON later (short(t));
CREATE AGGREGATE largest(int) (SFUNC = int4larger, STYPE = int, INITCOND = '0');
CREATE RULE keep AS ON DELETE TO later DO INSTEAD NOTHING;
ALTER TABLE later REPLICA IDENTITY FULL;
COMMENT ON TABLE later IS 'it''s \later';
COMMENT ON COLUMN later.t IS 'text';`,
	"mysql": "CREATE TABLE odd (`Odd Name` int PRIMARY KEY AUTO_INCREMENT, note varchar(20) DEFAULT 'x;y' COMMENT 'it''s', n decimal(9,2), " +
		"twice int GENERATED ALWAYS AS (length(note) * 2) STORED, FULLTEXT KEY ft (note), CONSTRAINT small CHECK (n < 99));\n" +
		"-- +goose StatementBegin\nCREATE TRIGGER tr BEFORE INSERT ON odd FOR EACH ROW BEGIN SET NEW.note = 'a;b'; SET NEW.n = 1; END;\n-- +goose StatementEnd\n" +
		"-- +goose StatementBegin\nCREATE PROCEDURE pr(IN x int) BEGIN SELECT x; SELECT 2; END;\n-- +goose StatementEnd\n" +
		"CREATE VIEW v AS SELECT note FROM odd;\nCREATE VIEW a_later AS SELECT note FROM v;\n" +
		"CREATE TABLE later (id int PRIMARY KEY, odd int, FOREIGN KEY (odd) REFERENCES odd (`Odd Name`));",
	"sqlite": `CREATE TABLE odd ("Odd Name" INTEGER PRIMARY KEY, note TEXT COLLATE NOCASE DEFAULT 'x;y', n REAL, twice INT GENERATED ALWAYS AS (length(note) * 2) STORED,
	CONSTRAINT small CHECK (n < 99), UNIQUE (note, n));
CREATE TABLE firm (id INTEGER PRIMARY KEY, t TEXT) STRICT, WITHOUT ROWID;
CREATE INDEX idx_partial ON odd (lower(note)) WHERE n > 3;
-- +goose StatementBegin
CREATE TRIGGER tr AFTER INSERT ON odd BEGIN UPDATE odd SET n = 1; SELECT 'a;b'; END;
-- +goose StatementEnd
CREATE VIEW v AS SELECT note FROM odd;`,
}

func withCode(url string) []migrate.Source {
	text := "-- +goose Up\n" + code[kindOf(url)] + "\n"
	return append(sources(), migrate.NewSource("odd", files(map[string]string{"20260501000000_odd.sql": text})))
}

func dump(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var b strings.Builder
	check(t, drift.Dump(t.Context(), &b, db))
	return b.String()
}

// A fresh database that starts from a snapshot equals one that ran every
// migration, and the next run finds nothing to do.
func TestSnapshotEqualsMigrations(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		set := withCode(url)
		old := open(t, url)
		up(t, old, set)
		text := dump(t, old)

		freshURL := another(t, url)
		fresh := open(t, freshURL)
		check(t, drift.Load(t.Context(), strings.NewReader(text), fresh, drift.LoadOptions{Application: "test"}))
		r := compare(t, freshURL, func(r *drift.Request) { r.Sources = set })
		if len(r.Differences) != 0 || len(r.Pending) != 0 || len(r.Notes) != 1 {
			t.Errorf("pending %v, notes %v, differences %+v", r.Pending, r.Notes, r.Differences)
		}
		if again := dump(t, fresh); again != text {
			t.Errorf("the fresh database dumps otherwise:\n%s\nwant\n%s", again, text)
		}
		m, err := migrate.New(fresh, set)
		check(t, err)
		if done, err := m.Up(t.Context()); err != nil || len(done.Applied) != 0 {
			t.Errorf("up after the snapshot: %+v %v", done, err)
		}
		if done, err := m.Down(t.Context(), migrate.DownOptions{Only: "shared", Steps: 8}); err != nil || len(done.Applied) != 8 {
			t.Errorf("down after the snapshot: %+v %v", done, err)
		}
		// Loading twice, or something else, changes nothing.
		if err := drift.Load(t.Context(), strings.NewReader(text), old, drift.LoadOptions{}); !errors.Is(err, drift.ErrNotEmpty) {
			t.Errorf("into a full database: %v", err)
		}
		empty := open(t, another(t, url))
		for name, bad := range map[string]string{
			"not a snapshot": "CREATE TABLE x (id int);",
			"cut":            text[:len(text)-30],
			"other dialect":  strings.Replace(text, "dialect ", "dialect x", 1),
			"broken":         strings.Replace(text, "odd", "odd odd", 1),
		} {
			err := drift.Load(t.Context(), strings.NewReader(bad), empty, drift.LoadOptions{})
			if err == nil {
				t.Errorf("%s: loaded", name)
			}
		}
		if kindOf(url) == "mysql" { // tables may be left there, but no version
			m, err := migrate.New(empty, set)
			check(t, err)
			if pending, err := m.Pending(t.Context()); err != nil || len(pending) != migrationsOf(t, empty, set) {
				t.Errorf("after a broken snapshot %d migrations are pending: %v", len(pending), err)
			}
			return
		}
		if s, err := drift.Inspect(t.Context(), empty); err != nil || len(s.Objects) > 0 || len(s.Sources) > 0 {
			t.Errorf("something is left of snapshots that do not load: %d objects, %v", len(s.Objects), err)
		}
	})
}

// Of several that load at once one does, and the others are told that the
// database is not empty.
func TestLoadAtOnce(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		old := open(t, url)
		up(t, old, withCode(url))
		text, freshURL := dump(t, old), another(t, url)
		results := make(chan error)
		const loaders = 4
		for range loaders {
			fresh := open(t, freshURL)
			go func() {
				results <- drift.Load(t.Context(), strings.NewReader(text), fresh, drift.LoadOptions{Application: "test"})
			}()
		}
		loaded := 0
		for range loaders {
			switch err := <-results; {
			case err == nil:
				loaded++
			case !errors.Is(err, drift.ErrNotEmpty):
				t.Error(err)
			}
		}
		if loaded != 1 {
			t.Errorf("%d loaded, want 1", loaded)
		}
		if dump(t, open(t, freshURL)) != text {
			t.Error("the database is not what was loaded")
		}
	})
}
