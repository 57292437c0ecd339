package migrate

import (
	"strings"
	"testing"
)

// What a statement leaves in its session decides whether another session can go
// on after it, so anything that is not known to be constant must count as lost.
func TestSessionEffects(t *testing.T) {
	t.Parallel()
	const none, set, lost = sessionNone, sessionSet, sessionLost
	cases := map[string]map[string]sessionEffect{
		"mysql": {
			"SET foreign_key_checks = 0;":                                         set,
			"-- why\nset session sql_mode='ANSI', @@session.lock_wait_timeout:=5": set,
			"SET @@autocommit_x = DEFAULT":                                        set,
			"SET @x = -1.5":                                                       set,
			"SET @`x y` := 'a(b)'":                                                set,
			"SET NAMES utf8mb4 COLLATE utf8mb4_bin":                               set,
			"USE other":                                                           set,
			"SET @x = @y":                                                         none,
			"SET @x = CURRENT_TIMESTAMP":                                          none,
			"SET @x = (SELECT max(id) FROM a)":                                    none,
			"SET sql_mode = CONCAT(@@sql_mode, ',ANSI')":                          lost,
			"SET GLOBAL max_connections = 5":                                      none,
			"SET GLOBAL max_connections = 5, sql_mode = ''":                       lost,
			"SET @x = @@sql_mode, sql_mode = ''":                                  lost,
			"SET PASSWORD = 'x'":                                                  none,
			"SET STATEMENT max_statement_time=0 FOR ALTER TABLE a ADD b int":      none,
			"SET autocommit = 0":                                                  none,
			"SET autocommit = 0, unique_checks = 0":                               lost,
			"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE":                        lost,
			"/*!40101 SET NAMES utf8 */":                                          lost,
			"/*!40000 ALTER TABLE x DISABLE KEYS */":                              none,
			"/* c */ create or replace temporary table t (id int)":                lost,
			"CREATE PROCEDURE p() BEGIN CREATE TEMPORARY TABLE t (id int); END":   none,
			"CREATE TABLE temp (id int)":                                          none,
			"SELECT GET_LOCK('a', 1)":                                             lost,
			"LOAD DATA INFILE 'x' INTO TABLE a":                                   none,
			"INSERT INTO a VALUES ('SET x = 1')":                                  none,
			"BEGIN":                                                               none,
			"-- only a comment":                                                   none,
		},
		"postgres": {
			"SET lock_timeout = '2s';":      set,
			"SET search_path TO a, \"B\"":   set,
			"SET ROLE x":                    set,
			"RESET ALL":                     set,
			"SET LOCAL lock_timeout = '2s'": none,
			"SELECT pg_catalog.set_config('search_path', '', false);":                            set,
			"SELECT set_config('a.b', 'c', true)":                                                none,
			"SELECT set_config('a.b', now()::text, false)":                                       lost,
			"SELECT set_config('a.b', '1', false), f()":                                          lost,
			"SELECT set_config('a.b', '1', false); SELECT 1":                                     lost,
			"SET a.b = 1; SET a.c = 2":                                                           set,
			"SET a.b = 1; CREATE TABLE a (id int)":                                               lost,
			"SELECT 1 INTO LOCAL TEMP t":                                                         lost,
			"CREATE LOCAL TEMP VIEW v AS SELECT 1":                                               lost,
			"CREATE TABLE pg_temp.t (id int)":                                                    lost,
			"CREATE TABLE temp (id int)":                                                         none,
			"SELECT pg_advisory_lock(1)":                                                         lost,
			"SELECT pg_advisory_xact_lock(1)":                                                    none,
			"DO $$ BEGIN PERFORM set_config('a', 'b', false); END $$":                            lost,
			"DO $$ BEGIN EXECUTE 'SET search_path TO x'; END $$":                                 lost,
			"DO $x$ BEGIN IF a THEN CREATE TEMP TABLE t (i int); END IF; END $x$":                lost,
			"DO $$ BEGIN UPDATE a SET n = 1; SET LOCAL a.b = 1; END $$":                          none,
			"CREATE FUNCTION f() RETURNS int SET search_path = a AS $$ SELECT 1 $$ LANGUAGE sql": none,
			"ALTER ROLE a SET search_path = b":                                                   none,
			"DISCARD ALL":                                                                        lost,
			"LOAD 'auto_explain'":                                                                lost,
		},
		"sqlite": {
			"PRAGMA foreign_keys=OFF;":         set,
			"pragma main.cache_size(-2000)":    set,
			"PRAGMA foreign_keys":              none,
			"PRAGMA foreign_key_check(a)":      none,
			"PRAGMA user_version = 3":          none,
			"PRAGMA nobody_knows = 3":          lost,
			"PRAGMA foreign_keys=ON; SELECT 1": lost,
			"CREATE TEMP TABLE t (id int)":     lost,
			"CREATE TABLE temp.t (id int)":     lost,
			"CREATE TABLE temp (id int)":       none,
			"ATTACH 'x' AS y":                  lost,
			"SAVEPOINT a":                      none,
		},
	}
	for name, texts := range cases {
		d, _ := dialectOf(name)
		for text, want := range texts {
			if got := d.lexis().session(text); got != want {
				t.Errorf("%s: %s: %d, want %d", name, text, got, want)
			}
		}
	}
}

// What those that are left would miss is found by its name.
func TestGone(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		dialect    string
		done, left []string
		miss       string // empty for nothing
	}{
		"set by a query":      {"mysql", []string{"SELECT id INTO @root FROM p"}, []string{"INSERT INTO c VALUES (@Root)"}, "@root"},
		"by an assignment":    {"mysql", []string{"SELECT @n := 5"}, []string{"SELECT 1", "SET @m = @n + 1"}, "@n"},
		"by a routine":        {"mysql", []string{"CALL p()"}, []string{"INSERT INTO c VALUES (@x)"}, "@x"},
		"as its argument":     {"mysql", []string{"CALL p(@x)"}, []string{"INSERT INTO c VALUES (@x)"}, "@x"},
		"read only":           {"mysql", []string{"INSERT INTO c VALUES (@x)"}, []string{"INSERT INTO c VALUES (@x)"}, ""},
		"constant":            {"mysql", []string{"SET @x = 1", "INSERT INTO c VALUES (@x)"}, []string{"INSERT INTO c VALUES (@x)"}, ""},
		"constant no more":    {"mysql", []string{"SET @x = 1", "SELECT id INTO @x FROM p"}, []string{"INSERT INTO c VALUES (@x)"}, "@x"},
		"constant in the end": {"mysql", []string{"SELECT id INTO @x FROM p", "SET @x = 1"}, []string{"INSERT INTO c VALUES (@x)"}, ""},
		"set anew":            {"mysql", []string{"SELECT id INTO @x FROM p"}, []string{"SELECT 1 INTO @y", "SELECT id INTO @x FROM q", "DELETE FROM c WHERE i = @x"}, ""},
		"set anew from it":    {"mysql", []string{"SELECT id INTO @x FROM p"}, []string{"SET @y = 1, @x = @x + 1"}, "@x"},
		"another":             {"mysql", []string{"SELECT id INTO @x FROM p"}, []string{"INSERT INTO c VALUES (@y)"}, ""},
		"accounts":            {"mysql", []string{"CREATE USER x@localhost, `y`@'%'", "CALL p()"}, []string{"GRANT ALL ON a.* TO x@localhost, `y`@'%'"}, ""},
		"last number":         {"mysql", []string{"INSERT INTO p (n) VALUES ('a')"}, []string{"ALTER TABLE a ADD b int", "INSERT INTO c VALUES (LAST_INSERT_ID())"}, lastRow},
		"last as a variable":  {"mysql", []string{"INSERT INTO p (n) VALUES ('a')"}, []string{"INSERT INTO c VALUES (@@identity)"}, lastRow},
		"none inserted":       {"mysql", []string{"UPDATE p SET n = 1"}, []string{"INSERT INTO p (n) VALUES ('a')", "INSERT INTO c VALUES (LAST_INSERT_ID())"}, ""},
		"in a trigger":        {"mysql", []string{"INSERT INTO p (n) VALUES ('a')"}, []string{"CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW INSERT INTO c VALUES (LAST_INSERT_ID())"}, ""},
		"last rowid":          {"sqlite", []string{"INSERT INTO p (n) VALUES ('a')"}, []string{"INSERT INTO c VALUES (last_insert_rowid())"}, lastRow},
		"a table of changes":  {"sqlite", []string{"INSERT INTO p (n) VALUES ('a')"}, []string{"INSERT INTO changes (n) VALUES (1)"}, ""},
		"currval":             {"postgres", []string{"INSERT INTO p (n) VALUES ('a')"}, []string{"INSERT INTO c VALUES (currval('p_id_seq'))"}, lastRow},
		"prepared":            {"mysql", []string{"SET @s = IF(1, 'a', 'b')", "PREPARE st FROM @s"}, []string{"EXECUTE st"}, prepared + "ST"},
		"prepared anew": {"mysql", []string{"SET @s = IF(1, 'a', 'b')", "PREPARE st FROM @s", "EXECUTE st", "DEALLOCATE PREPARE st"},
			[]string{"SET @s = IF(1, 'a', 'b')", "PREPARE st FROM @s", "EXECUTE st", "DEALLOCATE PREPARE st"}, ""},
		"a clock":          {"mysql", []string{"SET @x = CURRENT_TIMESTAMP, @y = 1"}, []string{"INSERT INTO c VALUES (@x)"}, "@x"},
		"nothing left":     {"mysql", []string{"CREATE TEMPORARY TABLE t (id int)"}, nil, ""},
		"temporary table":  {"mysql", []string{"CREATE TEMPORARY TABLE t (id int)"}, []string{"SELECT 1"}, "CREATE TEMPORARY TABLE t"},
		"in a transaction": {"sqlite", []string{"BEGIN", "PRAGMA cache_size = 5", "COMMIT"}, []string{"SELECT 1"}, "PRAGMA cache_size"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := dialectOf(c.dialect)
			s := &script{statements: append(append([]string{}, c.done...), c.left...)}
			var err error
			if s.blocks, err = d.lexis().blocks(s); err != nil {
				t.Fatal(err)
			}
			got := d.lexis().gone(s, len(c.done))
			if (got == "") != (c.miss == "") || !strings.Contains(got, c.miss) {
				t.Errorf("gone: %q, want %q", got, c.miss)
			}
		})
	}
}
