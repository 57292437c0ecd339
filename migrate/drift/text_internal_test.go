package drift

import (
	"strings"
	"testing"
)

func TestWithDatabase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, want string }{
		{"postgres://u:p%2Fq@h:1/db?sslmode=disable", "postgres://u:p%2Fq@h:1/x?sslmode=disable"},
		{"postgres://h/db?options=-c%20a%3Db", "postgres://h/x?options=-c%20a%3Db"},
		{"mysql://u:p@h:1/db?charset=utf8mb4", "mysql://u:p@h:1/x?charset=utf8mb4"},
		{"mysql://u:p/?q@tcp(h:1)/db?loc=Europe%2FParis", "mysql://u:p/?q@tcp(h:1)/x?loc=Europe%2FParis"},
		{"mysql://u:p@unix(/run/s.sock)/db", "mysql://u:p@unix(/run/s.sock)/x"},
	} {
		if got := withDatabase(c.url, "x"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.url, got, c.want)
		}
	}
}

// Spellings of one default are one, and others stay apart.
func TestDefaultMeaning(t *testing.T) {
	t.Parallel()
	same := [][]string{
		{"'active'", "'active'::character varying", "('active'::text)", `"active"`},
		{"0", "'0'", "(0)", "'0'::bigint"},
		{"CURRENT_TIMESTAMP", "current_timestamp()", "now()"},
		{"", "NULL"},
		{"'it''s'"},
		{"lower('A')"},
		{"'0a'"},
	}
	seen := map[string]int{}
	for i, group := range same {
		for _, text := range group {
			if j, ok := seen[defaultMeaning(text)]; ok && j != i {
				t.Errorf("%s means %q, like one of %v", text, defaultMeaning(text), same[j])
			}
			seen[defaultMeaning(text)] = i
		}
	}
	if len(seen) != len(same) {
		t.Errorf("%d meanings, want %d: %v", len(seen), len(same), seen)
	}
}

func TestNamesFindsQualifiedNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"CREATE TABLE shop.a (id int)":                    true,
		"CREATE TABLE `Shop` . a (id int)":                true,
		`SELECT 1 FROM "shop".a`:                          true,
		"USE shop":                                        true,
		"CREATE TABLE a (shop int)":                       false,
		"-- shop.a\nCREATE TABLE a (id int)":              false,
		"INSERT INTO a VALUES ('shop.a')":                 false,
		"/* USE shop */ CREATE TABLE workshop.a (id int)": false,
	} {
		if got := names(text, "shop"); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

// Whatever a database says made a table is read without a panic, and pieces
// are pieces of the text in its order.
func FuzzStatements(f *testing.F) {
	for _, seed := range []string{
		`CREATE TABLE "a" ([b c] int CHECK (b > ')'), d text COLLATE NOCASE DEFAULT 'x''y', e int AS (b + 1), CHECK (d <> ''))`,
		"CREATE TABLE a (b int, -- c\n `d` int /* e */)", `""`, "''", "(((", "/*", "--", "[", "CHECK (", "COLLATE", "AS",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, piece := range tokens(text) {
			if piece.start < end || text[piece.start:piece.end] != piece.text {
				t.Fatalf("piece %+v after %d", piece, end)
			}
			end = piece.end
		}
		parseCreate(text)
		if again := ddlMeaning(text); strings.Contains(again, "\t") && !strings.Contains(text, "\t") {
			t.Fatalf("%q", again)
		}
		myPart("t", text)
		defaultMeaning(text)
		in := &inspector{out: &Schema{}, schema: "s"}
		in.myTable("t", text)
		in.local(text)
	})
}
