package migrate

import "testing"

// What a statement is taken for decides whether it may run again after a crash,
// so anything not known must count as neither data nor harmless.
func TestStatementKinds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		statement string
		data      bool
	}{
		"insert":             {"INSERT INTO a VALUES (1)", true},
		"comments before":    {"-- why\n/* and how */ # more\n update a SET b = 1", true},
		"bracket":            {"(SELECT 1)", true},
		"with":               {"WITH x AS (SELECT 1) DELETE FROM a", true},
		"definition":         {"CREATE TABLE a (id integer)", false},
		"procedure":          {"CALL fill()", false},
		"begin":              {"BEGIN;", false},
		"commit":             {"commit", false},
		"set":                {"SET foreign_key_checks = 0", false},
		"pragma":             {"PRAGMA foreign_keys = OFF", false},
		"executable comment": {"/*!40101 SET NAMES utf8 */", false},
		"word that begins":   {"SELECTED", false},
		"nothing":            {"-- only a comment", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := isData(c.statement); got != c.data {
				t.Errorf("isData: %v", got)
			}
		})
	}
}
