package migrate

import "testing"

// What a statement is taken for decides whether it may run again after a crash,
// so anything not known must count as neither data nor harmless.
func TestStatementKinds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		statement     string
		data, session bool
	}{
		"insert":             {"INSERT INTO a VALUES (1)", true, false},
		"comments before":    {"-- why\n/* and how */ # more\n update a SET b = 1", true, false},
		"bracket":            {"(SELECT 1)", true, false},
		"with":               {"WITH x AS (SELECT 1) DELETE FROM a", true, false},
		"definition":         {"CREATE TABLE a (id integer)", false, false},
		"procedure":          {"CALL fill()", false, false},
		"begin":              {"BEGIN;", false, false},
		"commit":             {"commit", false, false},
		"set":                {"SET foreign_key_checks = 0", false, true},
		"pragma":             {"PRAGMA foreign_keys = OFF", false, true},
		"executable comment": {"/*!40101 SET NAMES utf8 */", false, true},
		"word that begins":   {"SELECTED", false, false},
		"temporary table":    {"/* c */ create or replace temporary table t (id int)", false, true},
		"temporary view":     {"-- c\nCREATE LOCAL TEMP VIEW v AS SELECT 1", false, true},
		"temporary inside":   {"CREATE PROCEDURE p() BEGIN CREATE TEMPORARY TABLE t (id int); END", false, false},
		"table called temp":  {"CREATE TABLE temp (id int)", false, false},
		"nothing":            {"-- only a comment", false, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := isData(c.statement); got != c.data {
				t.Errorf("isData: %v", got)
			}
			if got := setsSession(c.statement); got != c.session {
				t.Errorf("setsSession: %v", got)
			}
		})
	}
}
