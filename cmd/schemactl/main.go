// Command schemactl is the tool of the reference domain: it carries the shared
// models, migrations and event schemas of this module. A company's own module
// has a main.go like this one.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrations"
	"github.com/schemactl/schemactl/models"
	"github.com/schemactl/schemactl/outbox"
	avro "github.com/schemactl/schemactl/schemas/avro"
)

func main() {
	os.Exit(cli.Main(cli.Project{
		Name:     "schemactl",
		Models:   models.All(),
		Sources:  []migrate.Source{migrate.NewSource("shared", migrations.FS), migrate.NewSource(outbox.Source())},
		Schemas:  avro.FS,
		Commands: []func(*cli.Env) *cobra.Command{newDemoCommand},
	}))
}
