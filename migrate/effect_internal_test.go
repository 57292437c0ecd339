package migrate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What the catalogue can tell of a statement: + is there after it, - is not,
// "rest" is what must not be done twice and shows in no mark.
func TestEffect(t *testing.T) {
	t.Parallel()
	const cannot = "cannot be told"
	kinds := []string{"table", "column", "index", "constraint", "check", "foreign key", "trigger", "procedure", "function"}
	for statement, want := range map[string]string{
		"CREATE TABLE t (id int, `select` int)":                                    "+table t",
		"create table if not exists `my ``t` (id int);":                            "+table my `t",
		"/* c */ CREATE -- why\n TABLE shop.t LIKE x":                              "+table shop.t",
		"CREATE TABLE t SELECT 1":                                                  cannot,
		"CREATE TABLE t (id int) AS SELECT 1 AS id":                                cannot,
		"CREATE TABLE t (SELECT 1)":                                                cannot,
		"CREATE TABLE t (id int, b int AS (id + 1)) COMMENT 'as select'":           "+table t",
		"CREATE OR REPLACE TABLE t (id int)":                                       cannot,
		"CREATE TEMPORARY TABLE t (id int)":                                        cannot,
		"CREATE TABLE t (id int /*!50700 , n int */)":                              cannot,
		`CREATE TABLE "t" (id int)`:                                                cannot,
		"DROP TABLE IF EXISTS t":                                                   "-table t",
		"DROP TABLE a, shop.b CASCADE":                                             "-table a -table shop.b",
		"DROP TABLE a, a":                                                          cannot,
		"DROP TEMPORARY TABLE t":                                                   cannot,
		"DROP TABLE " + strings.Join(strings.Split("abcdefghijklmnopq", ""), ", "): cannot,
		"RENAME TABLE a TO b":                                                      "-table a +table b",
		"RENAME TABLE a TO b, b TO a":                                              cannot,
		"RENAME USER a TO b":                                                       cannot,
		"TRUNCATE TABLE t":                                                         cannot,
		"CREATE UNIQUE INDEX i USING BTREE ON t (a)":                               "+index t.i",
		"CREATE OR REPLACE INDEX IF NOT EXISTS i ON shop.t (a)":                    "+index shop.t.i",
		"DROP INDEX `PRIMARY` ON t ALGORITHM=COPY":                                 "-index t.PRIMARY",
		"CREATE OR REPLACE ALGORITHM = MERGE DEFINER = `a`@'%' SQL SECURITY INVOKER VIEW v AS SELECT 1": "+table v",
		"CREATE DEFINER=CURRENT_USER() TRIGGER shop.tr BEFORE INSERT ON t FOR EACH ROW SET @a = 1":      "+trigger shop.tr",
		"CREATE PROCEDURE p() BEGIN DROP TABLE x; END":                                                  "+procedure p",
		"CREATE FUNCTION f() RETURNS int RETURN 1":                                                      "+function f",
		"CREATE FUNCTION f RETURNS STRING SONAME 'x.so'":                                                cannot,
		"DROP FUNCTION IF EXISTS f":                                                                     "-function f",
		"DROP TRIGGER tr":                                                                               "-trigger tr",
		"DROP PROCEDURE p":                                                                              "-procedure p",
		"DROP VIEW v, w":                                                                                "-table v -table w",
		"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1":                                            cannot,
		"ALTER TABLE t ADD a decimal(5, 2) NOT NULL, ADD COLUMN IF NOT EXISTS b int AFTER a":            "+column t.a +column t.b",
		"ALTER TABLE t ADD (a int, b int)":                                                              "+column t.a",
		"ALTER TABLE t ADD (INDEX (a))":                                                                 cannot,
		"ALTER TABLE shop.t DROP a, DROP COLUMN IF EXISTS b":                                            "-column shop.t.a -column shop.t.b",
		"ALTER TABLE t DROP a, ADD A int":                                                               cannot,
		"ALTER TABLE t CHANGE a b int, CHANGE b a int":                                                  cannot,
		"ALTER TABLE t CHANGE a b int":                                                                  "-column t.a +column t.b",
		"ALTER TABLE t CHANGE COLUMN a A bigint":                                                        "",
		"ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX i TO j":                                       "-column t.a +column t.b -index t.i +index t.j",
		"ALTER TABLE t MODIFY a bigint FIRST, ALTER COLUMN b SET DEFAULT 5":                             "",
		"ALTER TABLE t MODIFY a bigint AFTER b, MODIFY b int AFTER a":                                   cannot,
		"ALTER TABLE t MODIFY a bigint PARTITION BY HASH (a)":                                           cannot,
		"ALTER TABLE t COMMENT 'x', ENGINE=InnoDB":                                                      "",
		"ALTER TABLE t ENGINE=InnoDB AUTO_INCREMENT=7":                                                  cannot,
		"ALTER TABLE t AUTO_INCREMENT=7":                                                                cannot,
		"ALTER TABLE t ADD INDEX i (a), ADD UNIQUE KEY u USING HASH (b)":                                "+index t.i +index t.u",
		"ALTER TABLE t ADD INDEX (a)":                                                                   cannot,
		"ALTER TABLE t ADD INDEX type BTREE (a)":                                                        cannot,
		"ALTER TABLE t ADD INDEX (a), ADD b int":                                                        "+column t.b rest",
		"ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)":                                                     "+index t.u",
		"ALTER TABLE t ADD CONSTRAINT u UNIQUE INDEX i (a)":                                             cannot,
		"ALTER TABLE t ADD CONSTRAINT PRIMARY KEY (id)":                                                 "+index t.PRIMARY",
		"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0), DROP CHECK d":                                    "+check t.c -check t.d",
		"ALTER TABLE t ADD CHECK (a > 0)":                                                               cannot,
		"ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (id)":                             "+foreign key t.fk",
		"ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id)":                                           cannot,
		"ALTER TABLE t DROP FOREIGN KEY fk, DROP PRIMARY KEY, DROP CONSTRAINT IF EXISTS c":              "-foreign key t.fk -index t.PRIMARY -constraint t.c",
		"ALTER TABLE t RENAME TO u, ADD a int":                                                          "-table t +table u rest",
		"ALTER TABLE t ADD PARTITION (PARTITION p VALUES LESS THAN (9))":                                cannot,
		"ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u":                                               cannot,
		"ALTER TABLE t ADD a int PARTITION BY HASH (id)":                                                cannot,
		"ALTER TABLE t TRUNCATE PARTITION p":                                                            cannot,
		"ALTER DATABASE d COMMENT 'x'":                                                                  cannot,
		"INSERT INTO t VALUES (1)":                                                                      cannot,
	} {
		e, ok := mysql{}.lexis().effect(statement)
		var got []string
		for _, m := range e.marks {
			sign := map[bool]string{true: "+", false: "-"}[m.present]
			name := strings.Join(slices.DeleteFunc([]string{m.schema, m.table, m.name}, func(s string) bool { return s == "" }), ".")
			got = append(got, sign+kinds[m.kind]+" "+name)
		}
		if e.rest {
			got = append(got, "rest")
		}
		text := strings.Join(got, " ")
		if !ok {
			text = cannot
		}
		if text != want {
			t.Errorf("%s\n got %s\nwant %s", statement, text, want)
		}
	}
}

// Many columns: one that shows is enough.
func TestEffectOfMany(t *testing.T) {
	t.Parallel()
	var adds []string
	for i := range 40 {
		adds = append(adds, fmt.Sprintf("ADD c%d int", i))
	}
	if e, ok := (mysql{}.lexis().effect("ALTER TABLE t " + strings.Join(adds, ", "))); !ok || len(e.marks) != marksMost {
		t.Errorf("%d marks, %v, want %d", len(e.marks), ok, marksMost)
	}
	if _, ok := (mysql{}.lexis().effect("ALTER TABLE t " + strings.Join(adds, ", ") + ", DROP c39")); ok {
		t.Error("a column that is dropped and added again: judged")
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	made, gone := mark{present: true}, mark{}
	both := []mark{gone, made}
	for name, c := range map[string]struct {
		marks       []mark
		rest        bool
		before, now string
		want        verdict
	}{
		"not made":                            {[]mark{made}, false, "0", "0", verdictNotDone},
		"made":                                {[]mark{made}, false, "0", "1795977803", verdictDone},
		"there before":                        {[]mark{made}, false, "17", "17", verdictNotDone},
		"there before, with more to do":       {[]mark{made}, true, "17", "17", verdictUnknown},
		"there before, another now":           {[]mark{made}, false, "17", "18", verdictUnknown},
		"there before, gone now":              {[]mark{made}, false, "17", "0", verdictUnknown},
		"not gone":                            {[]mark{gone}, false, "17", "17", verdictNotDone},
		"gone":                                {[]mark{gone}, true, "17", "0", verdictDone},
		"gone and made again":                 {[]mark{gone}, false, "17", "18", verdictUnknown},
		"gone before":                         {[]mark{gone}, false, "0", "0", verdictNotDone},
		"renamed":                             {both, false, "17 0", "0 17", verdictDone},
		"not renamed":                         {both, true, "17 0", "17 0", verdictNotDone},
		"half renamed":                        {both, false, "17 0", "0 0", verdictUnknown},
		"only the new name made":              {both, false, "17 0", "17 18", verdictUnknown},
		"one of two dropped":                  {[]mark{gone, gone}, false, "1 1", "0 1", verdictUnknown},
		"dropped, of which one was not there": {[]mark{gone, gone}, false, "0 1", "0 0", verdictDone},
		"repeats harmlessly":                  {nil, false, "", "", verdictNotDone},
		"a note of another length":            {[]mark{made}, false, "", "1", verdictUnknown},
	} {
		if got := (effect{c.marks, c.rest}).verdict(strings.Fields(c.before), strings.Fields(c.now)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestAtomicDDL(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"10.11.19-MariaDB-0+deb12u1": true, "10.6.0-MariaDB": true, "11.4.2-MariaDB-ubu2404": true, "10.5.27-MariaDB-log": false,
		"5.5.5-10.11.2-MariaDB": true, "5.5.5-10.3.2-MariaDB": false, "5.5.68-MariaDB": false,
		"8.0.36": true, "8.4.0-0ubuntu": true, "9.1.0": true, "5.7.44-log": false, "": false, "unknown": false,
	} {
		if got := atomicDDL(version); got != want {
			t.Errorf("%q: %v, want %v", version, got, want)
		}
	}
}

// Outside of a transaction PostgreSQL's plain data definition is recorded in one
// with its count.
func TestMayRollBackPostgres(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]bool{
		"CREATE TABLE t (id int)": true, "-- c\nALTER TABLE t ADD a int": true, "CREATE UNIQUE INDEX i ON t (a)": true,
		"CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$": true, "DROP VIEW v": true,
		"CREATE MATERIALIZED VIEW v AS SELECT 1": true, "CREATE TYPE e AS ENUM ('a')": true, "COMMENT ON TABLE t IS 'x'": true,
		"ALTER TYPE e ADD VALUE 'b'": false, "CREATE INDEX CONCURRENTLY i ON t (a)": false, "DROP INDEX CONCURRENTLY i": false,
		"ALTER TABLE t DETACH PARTITION p CONCURRENTLY": false, "CREATE DATABASE d": false, "DROP TABLESPACE s": false,
		"ALTER SYSTEM SET work_mem = 1": false, "VACUUM t": false, "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p": false,
		"CREATE TABLE a (id int); VACUUM t": false, "REINDEX TABLE t": false, "CALL p()": false,
	} {
		if got := (postgres{}).mayRollBack(statement); got != want {
			t.Errorf("%s: %v, want %v", statement, got, want)
		}
	}
}
