// Package drift compares what should agree: the tables that GORM models ask
// for, those that the migrations make, and those that a live database has.
//
// [Compare] builds the models and the migrations in scratch databases on the
// live database's own server, so that one server spells all three, and reports
// each [Difference] with the one of the three that is off and what would mend
// it. The live database is only read.
//
// [Inspect] is the reading behind it: tables, columns, keys, indexes, checks,
// and what tools that compare tables leave out: views, triggers, functions,
// sequences, types, policies, invalid indexes, constraints that are NOT VALID,
// declared types, STRICT and WITHOUT ROWID on SQLite.
//
// [Try] takes every migration up, down and up again with rows in the tables;
// [Dump] writes a schema as SQL with which a fresh database can start.
//
// Privileges, comments on PostgreSQL, statistics and storage outside the schema
// (tablespaces, publications, roles) are not looked at. The package imports
// migrate, database and internal/dblock.
package drift
