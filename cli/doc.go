// Package cli is the schemactl command line as a library. A module that shares
// models, migrations and schemas has a main.go of a few lines that hands them
// to [Main], so that its own binary carries its own files:
//
//	func main() {
//		os.Exit(cli.Main(cli.Project{
//			Name:    "acmectl",
//			Models:  models.All(),
//			Sources: []migrate.Source{migrate.NewSource("shared", migrations.FS)},
//			Schemas: avro.FS,
//		}))
//	}
//
// Commands are thin: they read flags, call a package and print. Results go to
// standard output, everything else to standard error.
package cli
