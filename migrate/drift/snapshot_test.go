package drift_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
)

// reference is a migration with rows of every kind, in tables that refer to each
// other in a circle and have triggers, and with counters that moved on.
var reference = map[string]string{
	"postgres": `CREATE TYPE mood AS ENUM ('sad', 'it''s fine');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);
CREATE SEQUENCE numbers START WITH 5;
CREATE TABLE kinds (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n numeric, exact numeric(30,10), f real, d double precision, flag bool, t text, c char(5),
	raw bytea, j json, jb jsonb, at timestamptz, local timestamp, day date, clock time, span interval, u uuid, list text[], m mood, p positive, duo pair, r int4range,
	b bit(3), net inet, twice int GENERATED ALWAYS AS (id * 2) STORED, seq bigint DEFAULT nextval('numbers'), parent int REFERENCES kinds (id));
INSERT INTO kinds (n, exact, f, d, flag, t, c, raw, j, jb, at, local, day, clock, span, u, list, m, p, duo, r, b, net, parent) VALUES
	('123456789012345678901234567890.123456789', 1.5, 0.1, 0.1::float8 + 0.2, true, E'it''s; a "b" \\ \r\n\t/* x', 'ab', '\x00ff5c27', '{"a" :  1e2, "b": null}', '{"z": [1.10, "\\"]}',
	 '2026-03-29 01:30:00.123456+05', '2026-01-01 00:00:00.000001', '0044-03-15 BC', '23:59:59.999999', '1 mon -2 days +03:04:05.6', '00000000-0000-4000-8000-000000000001',
	 ARRAY['a', NULL, 'b,"c'], 'it''s fine', 7, ROW(1, 'x,y'), '[1,5)', B'101', '10.0.0.0/8', 2),
	(NULL, 'NaN', '-Infinity', '5e-324', NULL, '', NULL, '', NULL, 'null', 'infinity', NULL, NULL, NULL, NULL, NULL, '{}', NULL, NULL, NULL, 'empty', NULL, NULL, 1);
DELETE FROM kinds WHERE id > 2;
INSERT INTO kinds (t) VALUES ('gone');
DELETE FROM kinds WHERE t = 'gone';
CREATE TABLE "No Key" ("Some Column" text, other int);
INSERT INTO "No Key" VALUES ('b', 1), ('a', 2), ('a', 1), (NULL, 3), ('a', 1);
CREATE TABLE log (t text);
-- +goose StatementBegin
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.t); RETURN NEW; END $$;
-- +goose StatementEnd
CREATE TRIGGER tr AFTER INSERT ON kinds FOR EACH ROW EXECUTE FUNCTION note();
CREATE MATERIALIZED VIEW mv AS SELECT t FROM kinds;`,
	"mysql": "CREATE TABLE kinds (id int PRIMARY KEY AUTO_INCREMENT, n decimal(40,10), f float, d double, flag tinyint(1), t text, c char(5), raw varbinary(20), fixed binary(4), b blob, " +
		"j json, at timestamp(6) NULL, local datetime(6), day date, clock time(3), y year, m enum('sad','it''s fine'), s set('a','b'), bits bit(9), u int unsigned, big bigint unsigned, " +
		"latin varchar(10) CHARACTER SET latin1, place point, twice int GENERATED ALWAYS AS (u * 2) STORED, virt int AS (u + 1) VIRTUAL, parent int, FOREIGN KEY (parent) REFERENCES kinds (id));\n" +
		"INSERT INTO kinds (id, n, f, d, flag, t, c, raw, fixed, b, j, at, local, day, clock, y, m, s, bits, u, big, latin, place, parent) VALUES " +
		"(1, 123456789012345678901234567890.0123456789, 16777217, 0.1e0 + 0.2e0, 1, 'it''s; a \"b\" \\\\ \\r\\n\\t\\0 \U0001F600 /* x', 'ab', X'00ff5c27', 'a', X'', '{\"a\": \"\\\\u00e9 \\\\\\\\\"}', " +
		"'2026-03-29 01:30:00.123456', '1000-01-01 00:00:00.000001', '9999-12-31', '-838:59:59.000', 2026, 'it''s fine', 'a,b', b'100000001', 4, 18446744073709551615, 'é', POINT(1, 2.5), 1), " +
		"(2, NULL, 0.1, 5e-324, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, 1);\nUPDATE kinds SET parent = 2 WHERE id = 1;\n" +
		"INSERT INTO kinds (t) VALUES ('gone');\nDELETE FROM kinds WHERE t = 'gone';\n" +
		"SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\nINSERT INTO kinds (id, t) VALUES (0, 'zero');\nSET SESSION sql_mode = DEFAULT;\n" +
		"CREATE TABLE `No Key` (`Some Column` varchar(10), other int);\nINSERT INTO `No Key` VALUES ('b', 1), ('a', 2), ('a', 1), (NULL, 3), ('a', 1);\n" +
		"CREATE TABLE prefixed (k varchar(100), v int, PRIMARY KEY (k(10), v));\nINSERT INTO prefixed VALUES ('b', 1), ('a', 1);\n" +
		"CREATE TABLE log (t text);\nCREATE TRIGGER tr AFTER INSERT ON kinds FOR EACH ROW INSERT INTO log VALUES (NEW.t);",
	"sqlite": `CREATE TABLE kinds (id INTEGER PRIMARY KEY AUTOINCREMENT, n NUMERIC, f REAL, t TEXT, raw BLOB, at DATETIME, flag BOOLEAN, "any" ANY,
	twice INT GENERATED ALWAYS AS (id * 2) STORED, parent INTEGER REFERENCES kinds (id));
INSERT INTO kinds (id, n, f, t, raw, at, flag, "any", parent) VALUES
	(1, '123456789012345678901234567890.12', 0.1 + 0.2, 'it''s; a "b" \ ' || char(13, 10, 9) || '/* x', x'00ff5c27', '2026-03-29 01:30:00.123456', 1, 'text', 2),
	(2, 9223372036854775807, 9e999, 'a' || char(0) || 'b', x'', NULL, NULL, 1.5, 1);
INSERT INTO kinds (t) VALUES ('gone');
DELETE FROM kinds WHERE t = 'gone';
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO counted VALUES (41);
DELETE FROM counted;
CREATE TABLE "No Key" ("Some Column" TEXT, other INT);
INSERT INTO "No Key" VALUES ('b', 1), ('a', 2), ('a', 1), (NULL, 3), ('a', 1);
CREATE TABLE "Two, Keys" ("a b" TEXT, b INT, PRIMARY KEY ("a b", b)) WITHOUT ROWID;
INSERT INTO "Two, Keys" VALUES ('b', 1), ('a', 1);
CREATE TABLE log (t TEXT);
-- +goose StatementBegin
CREATE TRIGGER tr AFTER INSERT ON kinds BEGIN INSERT INTO log VALUES (NEW.t); END;
-- +goose StatementEnd`,
}

// contents are all rows of all tables that are not those of migrating, as the
// driver gives them.
func contents(t *testing.T, db *gorm.DB) map[string][]string {
	t.Helper()
	s, err := drift.Inspect(t.Context(), db)
	check(t, err)
	pool, err := db.DB()
	check(t, err)
	out := map[string][]string{}
	for _, o := range s.Objects {
		if o.Kind == drift.KindTable || o.Name == "mv" {
			quoted := `"` + o.Name + `"`
			if db.Name() == "mysql" {
				quoted = "`" + o.Name + "`"
			}
			out[o.Name] = allRows(t, pool, "SELECT * FROM "+quoted)
			if db.Name() == "mysql" && o.Name == "kinds" { // a float's own text has six digits
				out["floats"] = allRows(t, pool, "SELECT f + 0e0 FROM "+quoted)
			}
		}
	}
	return out
}

func allRows(t *testing.T, pool *sql.DB, query string) []string {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), query)
	check(t, err)
	defer rows.Close() //nolint:errcheck // only read
	columns, err := rows.Columns()
	check(t, err)
	out := []string{}
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		check(t, rows.Scan(targets...))
		out = append(out, fmt.Sprintf("%#v", values))
	}
	check(t, rows.Err())
	slices.Sort(out)
	return out
}

func snapshot(t *testing.T, url string, set []migrate.Source, change ...func(*drift.SnapshotRequest)) (text string, notes []string) {
	t.Helper()
	req := drift.SnapshotRequest{URL: url, Sources: set, Application: "test"}
	for _, f := range change {
		f(&req)
	}
	var b strings.Builder
	notes, err := drift.Snapshot(t.Context(), &b, req)
	check(t, err)
	return b.String(), notes
}

// A fresh database that starts from a snapshot has the rows that the migrations
// insert, value for value, and goes on counting where they left off.
func TestSnapshotHasTheRowsOfMigrations(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		set := append(sources(), migrate.NewSource("reference", files(map[string]string{
			"20260601000000_reference.sql": "-- +goose Up\n" + reference[kindOf(url)] + "\n",
		})))
		old := open(t, url)
		up(t, old, set)
		want := contents(t, old)
		if n := len(want["kinds"]) + len(want["No Key"]); n < 7 {
			t.Fatalf("only %d rows to begin with", n)
		}
		text, notes := snapshot(t, url, set)
		if len(notes) != 0 {
			t.Errorf("notes: %q", notes)
		}
		freshURL := another(t, url)
		fresh := open(t, freshURL)
		check(t, drift.Load(t.Context(), strings.NewReader(text), fresh, drift.LoadOptions{Application: "test"}))
		if diff := cmp.Diff(want, contents(t, fresh)); diff != "" {
			t.Errorf("rows of migrations (-) and of the snapshot (+):\n%s\n%s", diff, text)
		}
		if r := compare(t, freshURL, func(r *drift.Request) { r.Sources = set }); len(r.Differences) != 0 || len(r.Pending) != 0 {
			t.Errorf("pending %v, differences %+v", r.Pending, r.Differences)
		}
		for _, db := range []*gorm.DB{old, fresh} {
			run(t, db, "INSERT INTO kinds (t) VALUES ('next')")
			if kindOf(url) == "sqlite" {
				run(t, db, "INSERT INTO counted DEFAULT VALUES")
			}
		}
		if diff := cmp.Diff(contents(t, old), contents(t, fresh)); diff != "" {
			t.Errorf("the next rows (-after migrations +after the snapshot):\n%s", diff)
		}
		// Rows of applications are not in a snapshot, and another is the same text.
		if again, _ := snapshot(t, freshURL, set); again != text {
			t.Errorf("another snapshot:\n%s", cmp.Diff(text, again))
		}
	})
}

// What a snapshot cannot hold is refused, and what it leaves out is said.
func TestSnapshotRefuses(t *testing.T) {
	t.Parallel()
	const head = "-- +goose Up\n"
	testenv.Databases(t, func(t *testing.T, url string) {
		set := map[string]string{"1_a.sql": head + "CREATE TABLE a (id int PRIMARY KEY);\n", "2_b.sql": head + "CREATE TABLE b (id int PRIMARY KEY);\n"}
		one := func(s map[string]string) []migrate.Source {
			return []migrate.Source{migrate.NewSource("shared", files(s))}
		}
		db := open(t, url)
		up(t, db, one(set))
		refuses := func(what string, s map[string]string, want string) {
			t.Helper()
			var b strings.Builder
			_, err := drift.Snapshot(t.Context(), &b, drift.SnapshotRequest{URL: url, Sources: one(s)})
			if err == nil || !strings.Contains(err.Error(), want) || b.Len() > 0 {
				t.Errorf("%s: %v, %d bytes", what, err, b.Len())
			}
		}
		refuses("a file that is gone", map[string]string{"1_a.sql": set["1_a.sql"]}, "its file is not here")
		many := "INSERT INTO a SELECT x.n * 1000 + y.n FROM nums x CROSS JOIN nums y WHERE x.n < 60;\n"
		nums := "CREATE TABLE nums (n int PRIMARY KEY);\nINSERT INTO nums WITH RECURSIVE r (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n < 999) SELECT n FROM r;\n"
		huge := map[string]string{"1_a.sql": set["1_a.sql"] + nums + many, "2_b.sql": set["2_b.sql"]}
		refuses("many rows", huge, "more than 50000 rows")
		set["3_c.sql"] = head + "CREATE TABLE c (id int PRIMARY KEY);\n"
		set["1_a.sql"] += "INSERT INTO a VALUES (7);\n"
		run(t, db, "DROP TABLE b", "CREATE TABLE hand (id int PRIMARY KEY)", "INSERT INTO hand VALUES (1)")
		text, notes := snapshot(t, url, one(set), func(r *drift.SnapshotRequest) { r.ScratchURL = another(t, url) })
		all := strings.Join(notes, "\n")
		for _, want := range []string{"pending, so not in the snapshot: shared/3_c.sql", "shared/1_a.sql was edited", "table b is missing", "table hand is left over"} {
			if !strings.Contains(all, want) {
				t.Errorf("notes %q lack %q", notes, want)
			}
		}
		fresh := open(t, another(t, url))
		check(t, drift.Load(t.Context(), strings.NewReader(text), fresh, drift.LoadOptions{}))
		got := contents(t, fresh)
		if len(got) != 2 || len(got["a"]) != 1 || len(got["b"]) != 0 {
			t.Errorf("loaded %v", got)
		}

		strange := append(one(set), migrate.NewSource("other", files(map[string]string{"1_o.sql": head + "SELECT 1;\n"})))
		up(t, db, strange)
		refuses("a source that is not at hand", set, "source other are applied and not at hand")
		bare := open(t, another(t, url))
		run(t, bare, "CREATE TABLE hand (id int PRIMARY KEY)")
		var b strings.Builder
		check(t, drift.Dump(t.Context(), &b, bare))
		if !strings.Contains(b.String(), "hand") {
			t.Errorf("the schema alone: %s", b.String())
		}
	})
}
