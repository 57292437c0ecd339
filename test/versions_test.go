package test_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
)

// company has two applications, built against two versions of a shared module.
type company struct{ older, newer application }

// application is a binary of its own, with a source of its own.
type application struct{ path, name string }

func (a application) run(t *testing.T, verb, url string, more ...string) program {
	t.Helper()
	args := append([]string{"migrate", verb, "--database-url", url, "--app", a.name}, more...)
	return program{path: a.path, args: args, dir: t.TempDir()}
}

const versionsMain = `package main

import (
	"embed"
	"io/fs"
	"os"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/migrate"

	"example.com/acme/shared"
)

//go:embed migrations
var files embed.FS

func main() {
	own, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err)
	}
	os.Exit(cli.Main(cli.Project{
		Name:    "NAME",
		Models:  []any{&shared.Customer{}},
		Sources: []migrate.Source{migrate.NewSource("shared", shared.Migrations()), migrate.NewSource("NAME", own)},
	}))
}
`

const versionsShared = `// Package shared is what Acme's applications share.
package shared

import (
	"embed"
	"io/fs"
)

//go:embed migrations
var files embed.FS

// Migrations are the module's.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err)
	}
	return sub
}

// Customer is a customer.
type Customer struct {
	ID     int64
	Name   string
	Visits int64
	FIELDS
}
`

// sharedFiles are the shared module's migrations, of which the older version has
// the first two. Each leaves another result when it runs twice.
var sharedFiles = []struct{ name, text string }{
	{"20260101000000_create_customers.sql", "CREATE TABLE customers (id integer NOT NULL, name varchar(80) NOT NULL, visits integer NOT NULL);"},
	{"20260103000000_add_ada.sql", "INSERT INTO customers (id, name, visits) SELECT count(*) + 1, 'Ada', 1 FROM customers;"},
	{"20260105000000_add_phone.sql", "ALTER TABLE customers ADD COLUMN phone varchar(40);"},
	{"20260107000000_double_visits.sql", "UPDATE customers SET visits = visits * 2;"},
}

// newCompany builds both binaries.
func newCompany(t *testing.T) company {
	t.Helper()
	build := func(name string, known int, fields string) application {
		shared := newOutside(t, "example.com/acme/shared")
		shared.write(t, "shared.go", strings.ReplaceAll(versionsShared, "FIELDS", fields))
		for _, f := range sharedFiles[:known] {
			shared.write(t, "migrations/"+f.name, "-- +goose Up\n"+f.text+"\n")
		}
		m := newOutside(t, "example.com/acme/"+name)
		m.write(t, "go.mod", fmt.Sprintf("module %s\n\ngo 1.26.0\n\nrequire (\n\texample.com/acme/shared v0.0.0\n\tgithub.com/schemactl/schemactl v0.0.0\n)\n\n"+
			"replace (\n\texample.com/acme/shared => %s\n\tgithub.com/schemactl/schemactl => %s\n)\n", m.path, shared.dir, repository(t)))
		m.write(t, "main.go", strings.ReplaceAll(versionsMain, "NAME", name))
		m.write(t, "migrations/20260102000000_create_"+name+".sql", "-- +goose Up\nCREATE TABLE "+name+" (n integer NOT NULL);\nINSERT INTO "+name+" (n) VALUES (1);\n")
		m.write(t, "migrations/20260104000000_fill_"+name+".sql", "-- +goose Up\nINSERT INTO "+name+" (n) SELECT visits + 10 FROM customers;\n")
		m.goTool("build", "-ldflags=-s -w", "-o", name, ".").ok(t)
		return application{path: filepath.Join(m.dir, name), name: name}
	}
	return company{older: build("billing", 2, ""), newer: build("shop", len(sharedFiles), "Phone string")}
}

// Two applications of a company, which know two versions of the shared module,
// are deployed at once, several processes each, or one of them a little before.
// All succeed, each migration runs once, and in the end the newer set is there.
func TestTwoVersionsAtOnceSoak(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for order, first := range map[string][]application{
		"at once": nil, "older first": {c.older}, "newer first": {c.newer},
	} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			n := rounds(20)
			if first == nil {
				n++
			}
			for round := range n {
				t.Run(fmt.Sprintf("round %d", round+1), func(t *testing.T) {
					t.Parallel()
					testenv.Databases(t, func(t *testing.T, url string) {
						takeTurn(t)
						c.deploy(t, url, first)
					})
				})
			}
		})
	}
}

// deploy runs those that come first, and then three processes of each at once.
func (c company) deploy(t *testing.T, url string, first []application) {
	t.Helper()
	var results []result
	for _, a := range first {
		results = append(results, a.run(t, "up", url, "--output", "json").run(t))
	}
	var all []program
	for range 3 {
		all = append(all, c.older.run(t, "up", url, "--output", "json"), c.newer.run(t, "up", url, "--output", "json"))
	}
	later, _ := together(t, all)
	var ran []string
	for i, r := range append(results, later...) {
		if r.code != 0 {
			t.Errorf("process %d: exit code %d: %s", i, r.code, r.stderr)
			continue
		}
		for _, a := range decode[appliedList](t, r.stdout).Applied {
			ran = append(ran, a.Source+"/"+a.File)
		}
	}
	var want []string
	for _, f := range sharedFiles {
		want = append(want, "shared/"+f.name)
	}
	for _, a := range []application{c.older, c.newer} {
		want = append(want, a.name+"/20260102000000_create_"+a.name+".sql", a.name+"/20260104000000_fill_"+a.name+".sql")
	}
	slices.Sort(want)
	slices.Sort(ran)
	if diff := cmp.Diff(want, ran); diff != "" {
		t.Errorf("what the processes ran (-want +got):\n%s", diff)
	}
	db := open(t, url)
	if diff := cmp.Diff(want, lines(t, db, historyFiles)); diff != "" {
		t.Errorf("the history's rows (-want +got):\n%s", diff)
	}
	same(t, db, "SELECT id, name, visits, phone FROM customers", "1 Ada 2 ")
	c.effects(t, db)
	c.newerIsContent(t, url)
	c.olderTakesNote(t, url)
}

// effects checks the applications' own tables. What they copy from the shared one
// depends on who came first, how often does not.
func (c company) effects(t *testing.T, db *gorm.DB) {
	t.Helper()
	for _, a := range []application{c.older, c.newer} {
		same(t, db, "SELECT count(*), min(n) FROM "+a.name, "2 1")
		same(t, db, "SELECT version_id FROM goose_db_version_"+a.name+" ORDER BY version_id", "0", "20260102000000", "20260104000000")
	}
	same(t, db, "SELECT version_id FROM goose_db_version ORDER BY version_id",
		"0", "20260101000000", "20260103000000", "20260105000000", "20260107000000")
}

func (c company) newerIsContent(t *testing.T, url string) {
	t.Helper()
	for verb, more := range map[string][]string{"status": {"--check", "--strict"}, "verify": nil} {
		if r := c.newer.run(t, verb, url, more...).run(t); r.code != 0 || r.stderr != "" {
			t.Errorf("the newer one's %s: exit code %d, %q, want 0 and nothing", verb, r.code, r.stderr)
		}
	}
}

// olderTakesNote checks what the older build says of the two that it does not
// know: they are listed, and a fault only to who asks for strictness.
func (c company) olderTakesNote(t *testing.T, url string) {
	t.Helper()
	type line struct{ Source, Name, State, Kind string }
	unknown := []line{{"shared", "add_phone", "unknown", "unknown"}, {"shared", "double_visits", "unknown", "unknown"}}

	r := c.older.run(t, "status", url, "--check", "--output", "json").run(t)
	var got []line
	for _, l := range decode[[]line](t, r.stdout) {
		if l.State != "applied" {
			got = append(got, line{l.Source, l.Name, l.State, "unknown"})
		}
	}
	if diff := cmp.Diff(unknown, got); r.code != 0 || diff != "" {
		t.Errorf("the older one's status --check: exit code %d, want 0; not plainly applied (-want +got):\n%s", r.code, diff)
	}
	r = c.older.run(t, "verify", url, "--output", "json").run(t)
	found := decode[struct {
		OK, Ready bool
		Findings  []line
	}](t, r.stdout)
	for i := range found.Findings {
		found.Findings[i].State = "unknown"
	}
	if diff := cmp.Diff(unknown, found.Findings); r.code != 0 || !found.OK || !found.Ready || diff != "" {
		t.Errorf("the older one's verify: exit code %d, %s, want 0; findings (-want +got):\n%s", r.code, r.stdout, diff)
	}
	const note = "note: shared/20260105000000_add_phone.sql was applied by shop and is newer than all files here"
	if r = c.older.run(t, "up", url).run(t); r.code != 0 || !strings.Contains(r.stdout, "nothing to do") || !strings.Contains(r.stderr, note) {
		t.Errorf("the older one's up: exit code %d, %q, %q, want 0 and %q", r.code, r.stdout, r.stderr, note)
	}
	for _, verb := range []string{"status", "up"} {
		r = c.older.run(t, verb, url, "--strict").run(t)
		if r.code != 3 || !strings.Contains(r.stderr, note[len("note: "):]) {
			t.Errorf("the older one's %s --strict: exit code %d, %q, want 3 and what it does not know", verb, r.code, r.stderr)
		}
	}
}
