package test_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
)

// outside is a module of somebody else's that requires this one.
type outside struct{ dir, path string }

// newOutside makes a module outside the repository, which has the repository in
// place of the released version.
func newOutside(t *testing.T, path string) outside {
	t.Helper()
	root := repository(t)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	m := outside{dir: t.TempDir(), path: path}
	write(t, filepath.Join(m.dir, "go.sum"), string(sums))
	m.write(t, "go.mod", `module `+path+`

go 1.26.0

require github.com/schemactl/schemactl v0.0.0

replace github.com/schemactl/schemactl => `+root+`
`)
	return m
}

func (m outside) write(t *testing.T, name, text string) {
	t.Helper()
	write(t, filepath.Join(m.dir, filepath.FromSlash(name)), text)
}

// goTool is a run of the go command in the module.
func (m outside) goTool(args ...string) program {
	return program{path: "go", args: args, dir: m.dir, env: []string{"GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0"}}
}

const usesModels = `// Package shop uses what the shared module has.
package shop

import (
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/models"
)

// Announce is the event of a message.
func Announce(m *models.Message) *events.MessageCreated {
	return &events.MessageCreated{MessageID: m.ID, Version: m.Version, Body: m.Body, Priority: events.PriorityNormal}
}
`

// An application imports models and events, and its deploy runs exactly the
// version that it imports, by the go.mod's tool line.
func TestOutsideImportsAndDeploys(t *testing.T) {
	t.Parallel()
	m := newOutside(t, "example.com/acme/shop")
	m.write(t, "shop.go", usesModels)
	m.goTool("build", "./...").ok(t)
	binary(t) // all that the command needs has been downloaded
	get := m.goTool("get", "-tool", "github.com/schemactl/schemactl/cmd/schemactl")
	get.env = append(get.env, "GOPROXY=off") // it would ask for releases, of which there need be none
	get.ok(t)
	url := testenv.SQLite(t)
	deploy := m.goTool("tool", "schemactl", "migrate", "up", "--database-url", url)
	if r := deploy.ok(t); !strings.Contains(r.stdout, "create_accounts") {
		t.Errorf("migrate up says %q, want what it ran", r.stdout)
	}
	if r := deploy.ok(t); !strings.Contains(r.stdout, "nothing to do") {
		t.Errorf("the second migrate up says %q, want nothing to do", r.stdout)
	}
	same(t, open(t, url), "SELECT DISTINCT application FROM schemactl_history", m.path)
}

const acmeMain = `package main

import (
	"embed"
	"io/fs"
	"os"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"

	"example.com/acme/shared/models"
)

//go:embed migrations schemas/avro
var files embed.FS

func sub(dir string) fs.FS {
	fsys, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return fsys
}

func main() {
	os.Exit(cli.Main(cli.Project{
		Name:    "acmectl",
		Models:  []any{&models.Customer{}},
		Sources: []migrate.Source{migrate.NewSource("shared", sub("migrations")), migrate.NewSource(outbox.Source())},
		Schemas: sub("schemas/avro"),
	}))
}
`

const acmeModel = `// Package models holds what Acme's applications share.
package models

// Customer is a customer.
type Customer struct {
	ID   int64
	Name string
}
`

const acmeSchema = `{
  "type": "record", "name": "CustomerJoined", "namespace": "acme.events",
  "schemactl.topic": "customers", "schemactl.key": "customer_id", "schemactl.sequence": "version",
  "fields": [
    {"name": "customer_id", "type": "long"},
    {"name": "version", "type": "long"},
    {"name": "name", "type": "string"},
    {"name": "credit", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}}
  ]
}
`

const acmeUse = `// Package use encodes an event that was generated from Acme's own schema.
package use

import (
	"github.com/schemactl/schemactl/codec"

	"example.com/acme/shared/events"
)

// Encode gives the event's bytes.
func Encode() ([]byte, error) {
	var e codec.Event = &events.CustomerJoined{CustomerID: 7, Version: 1, Name: "Ada", Credit: codec.NewDecimal(1250, 2)}
	return e.AppendAvro(nil)
}
`

const acmeTest = `package use

import "testing"

func TestEncode(t *testing.T) {
	b, err := Encode()
	if err != nil || string(b) != "\x0e\x02\x06Ada\x04\x04\xe2" {
		t.Fatalf("%q, %v", b, err)
	}
}
`

// A company has a module and a binary of its own, with its own models,
// migrations and schemas, from a main.go of a few lines.
func TestOutsideProject(t *testing.T) {
	t.Parallel()
	m := newOutside(t, "example.com/acme/shared")
	m.write(t, "main.go", acmeMain)
	m.write(t, "models/customer.go", acmeModel)
	m.write(t, "migrations/20260101000000_create_customers.sql", "-- +goose Up\nCREATE TABLE customers (id bigint PRIMARY KEY, name varchar(80) NOT NULL);\n")
	m.write(t, "migrations/20260102000000_add_first_customer.sql", "-- +goose Up\nINSERT INTO customers (id, name) VALUES (1, 'Ada');\n")
	m.write(t, "schemas/avro/customer_joined.avsc", acmeSchema)
	m.goTool("build", "-o", "acmectl", ".").ok(t)
	acmectl := func(args ...string) program {
		return program{path: filepath.Join(m.dir, "acmectl"), args: args, dir: m.dir}
	}
	t.Run("migrate", func(t *testing.T) {
		t.Parallel()
		testenv.Databases(t, func(t *testing.T, url string) {
			open(t, url) // a file that is not there would be made by `up` alone
			if r := acmectl("migrate", "status", "--check", "--database-url", url).run(t); r.code != 3 || !strings.Contains(r.stderr, "acmectl migrate up") {
				t.Errorf("status --check before: exit code %d, %q, want 3 and what to do", r.code, r.stderr)
			}
			acmectl("migrate", "up", "--database-url", url).ok(t)
			acmectl("migrate", "status", "--check", "--database-url", url).ok(t)
			db := open(t, url)
			same(t, db, "SELECT id, name FROM customers", "1 Ada")
			same(t, db, "SELECT DISTINCT source, application FROM schemactl_history ORDER BY source DESC", "shared "+m.path, "outbox "+m.path)
			if slices.Contains(tables(t, db), "accounts") {
				t.Error("the reference domain's tables were made, too")
			}
		})
	})
	t.Run("version", func(t *testing.T) {
		t.Parallel()
		if r := acmectl("version").ok(t); !strings.HasPrefix(r.stdout, "acmectl ") {
			t.Errorf("version says %q", r.stdout)
		}
	})
	t.Run("codegen", func(t *testing.T) {
		t.Parallel()
		if r := acmectl("codegen", "--check").run(t); r.code != 3 {
			t.Errorf("codegen --check before: exit code %d, want 3: %s", r.code, r.stderr)
		}
		acmectl("codegen").ok(t)
		acmectl("codegen", "--check").ok(t)
		m.write(t, "use/use.go", acmeUse)
		m.write(t, "use/use_test.go", acmeTest)
		m.goTool("vet", "./events", "./use").ok(t)
		m.goTool("test", "./use").ok(t)
	})
}

// An application that imports models or events links neither Kafka, nor a
// command line, nor an HTTP server.
func TestSlimImports(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"models", "events", "codec"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := program{path: "go", args: []string{"list", "-deps", "./" + name}, dir: repository(t)}.ok(t)
			found := strings.Fields(r.stdout)
			if !slices.Contains(found, "github.com/schemactl/schemactl/"+name) {
				t.Fatalf("go list says %q", r.stdout)
			}
			for _, dep := range found {
				for _, unwanted := range []string{"github.com/twmb/franz-go", "github.com/spf13/cobra", "net/http"} {
					if dep == unwanted || strings.HasPrefix(dep, unwanted+"/") {
						t.Errorf("%s is linked", dep)
					}
				}
			}
		})
	}
}
