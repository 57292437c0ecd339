// Package migrate brings a database up to date from several sources of
// migrations, and lets any number of applications do so at the same moment:
// one works, the others wait and find nothing left to do.
//
// A [Source] is a name and a file system of goose files (and Go migrations): the
// shared module, third parties, an application's own. A migration's identity is
// its source and its version, and each source keeps goose's own version table,
// so goose's command works on every source alone. Beside them the table
// schemactl_history records who applied what, when, how long it took and from
// which text.
//
//	m, err := migrate.New(db, []migrate.Source{
//		migrate.NewSource("shared", migrations.FS),
//		migrate.NewSource(outbox.Source()),
//	})
//	…
//	result, err := m.Up(ctx)
//
// Up takes the lock before it changes anything. A file runs in one transaction
// together with the rows that record it (on SQLite short files may share one);
// where the database cannot do that (NO TRANSACTION files, and data definition
// on MySQL) each statement is recorded before and after it runs, and no
// statement is run a second time when it is not certain that the first had no
// effect. What became of an index that was being built or dropped CONCURRENTLY
// is looked up in the catalogue; an invalid one is dropped and built again. What a file puts between BEGIN (or
// START TRANSACTION) and COMMIT, or LOCK TABLES and UNLOCK TABLES, of its own
// counts as one statement there: it is recorded before and after, and never
// tried again. A file that commits the transaction it runs in is such a file, up
// to that COMMIT. [Migrator.Status] and an Up that
// finds nothing to do take no lock and cost one query.
//
// While a statement lasts, [WithProgress] hears what the server says of it: see
// [Activity].
//
// goose reads the files, so any file that goose accepts is one for this package.
// Running them is this package's own work.
//
// The package links no database driver. It imports internal/dblock.
package migrate
