package migrate

import (
	"fmt"
	"strings"
	"testing"
)

// How a file is cut into blocks: "0-2" is three statements in one, with ! when a
// rollback takes them back, + where its beginning or its end is left to us.
func TestBlocks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		dialect     string
		transaction bool
		statements  []string
		want        string
	}{
		"own":                  {"postgres", false, []string{"SELECT 1", "BEGIN", "DELETE FROM a", "COMMIT", "VACUUM"}, "0 1-3! 4"},
		"stray commit":         {"postgres", true, []string{"LOCK TABLE a", "DELETE FROM a", "COMMIT", "VACUUM", "BEGIN", "SELECT 1"}, "+0-2! 3 4-5!+"},
		"stray, no tx":         {"postgres", false, []string{"DELETE FROM a", "COMMIT"}, "0 1"},
		"chain":                {"postgres", false, []string{"BEGIN", "COMMIT AND CHAIN", "DELETE FROM a", "END"}, "0-3"},
		"rollback to":          {"postgres", false, []string{"BEGIN", "SAVEPOINT x", "ROLLBACK TO SAVEPOINT x", "COMMIT"}, "0-3!"},
		"two phases":           {"postgres", true, []string{"DELETE FROM a", "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'"}, "+0-1! 2"},
		"in one text":          {"postgres", false, []string{"BEGIN; DELETE FROM a; COMMIT;", "DELETE FROM a; COMMIT; DELETE FROM b"}, "0! 1"},
		"words in texts":       {"postgres", true, []string{"SELECT 'BEGIN', $a$; COMMIT; $a$ -- ; COMMIT\n", "/* /* ; */ COMMIT */ SELECT 1"}, "0 1"},
		"sqlite trigger":       {"sqlite", true, []string{"CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END;"}, "0"},
		"sqlite savepoint":     {"sqlite", false, []string{"SAVEPOINT x", "SAVEPOINT y", "RELEASE y", "RELEASE SAVEPOINT x", "VACUUM"}, "0-3! 4"},
		"mysql locks":          {"mysql", true, []string{"CREATE TABLE a (i int)", "LOCK TABLES a WRITE", "INSERT INTO a VALUES (1)", "UNLOCK TABLES"}, "0 1-3"},
		"mysql definition":     {"mysql", false, []string{"START TRANSACTION", "CREATE TABLE a (i int)", "COMMIT"}, "0-2"},
		"mysql data":           {"mysql", false, []string{"START TRANSACTION READ WRITE", "INSERT INTO a VALUES ('\\'; COMMIT')", "COMMIT"}, "0-2!"},
		"mysql stray":          {"mysql", true, []string{"INSERT INTO a VALUES (1)", "COMMIT", "INSERT INTO a VALUES (2)"}, "+0-1! 2"},
		"mysql stray too late": {"mysql", true, []string{"CREATE TABLE a (i int)", "COMMIT"}, "0 1"},
		"mysql autocommit":     {"mysql", true, []string{"/*!40000 SET AUTOCOMMIT = 0 */", "INSERT INTO a VALUES (1)", "COMMIT", "SELECT 1"}, "0-3+"},
		"mysql compound":       {"mysql", false, []string{"BEGIN NOT ATOMIC COMMIT; END", "SELECT 1"}, "0 1"},
		"mysql procedure":      {"mysql", false, []string{"CREATE PROCEDURE p() BEGIN COMMIT; END", "SELECT 1"}, "0 1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := dialectOf(c.dialect)
			blocks, err := d.lexis().blocks(&script{statements: c.statements, transaction: c.transaction})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range blocks {
				s := fmt.Sprint(b.first)
				if b.end > b.first+1 {
					s += fmt.Sprint("-", b.end-1)
				}
				if b.undone {
					s += "!"
				}
				if b.open != "" {
					s = "+" + s
				}
				if b.shut != "" {
					s += "+"
				}
				got = append(got, s)
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %s, want %s", text, c.want)
			}
		})
	}
}

// Literals are left out of what people read, however they are written.
func TestHide(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ dialect, statement, excerpt, message, hidden string }{
		"doubled quote": {"sqlite", "SELECT 'it''s', \"a\"", "SELECT '…', \"a\"", `no it's, no it''s`, "no …, no …"},
		"backslash":     {"mysql", `SELECT 'a\'bc', "secret", x`, "SELECT '…', '…', x", `bad a'bc and secret, xsecret`, "bad … and …, xsecret"},
		"escapes":       {"postgres", `SELECT E'a\'bc', 'c\'`, "SELECT E'…', '…'", "", ""},
		"body":          {"postgres", "DO $x$ BEGIN PERFORM 'secret'; END $x$", "DO '…'", `at "'secret'"`, `at "'…'"`},
		"cut off":       {"mysql", "CREATE USER a PASSWORD 'long-secret-x'", "CREATE USER a PASSWORD '…'", "in 'long-secret'", "in '…'"},
		"near": {"mysql", "SELECT 'secret' FROM FROM", "SELECT '…' FROM FROM",
			"Error 1064 (42000): syntax near 'cret' FROM FROM' at line 1", "Error 1064 (42000): syntax near ''…' FROM FROM' at line 1"},
		"executable": {"mysql", "/*!50003 SET PASSWORD = 'secret' */", "/*!50003 SET PASSWORD = '…' */", "", ""},
		"not closed": {"postgres", "SELECT 'secret", "SELECT '…'", `at "'secret"`, `at "'…"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := dialectOf(c.dialect)
			if got := d.lexis().excerpt(c.statement); got != c.excerpt {
				t.Errorf("excerpt %s, want %s", got, c.excerpt)
			}
			if got := d.lexis().hide(c.message, c.statement); got != c.hidden {
				t.Errorf("message %s, want %s", got, c.hidden)
			}
		})
	}
}
