// Package sqlstore keeps a registry's schemas in an SQL database: SQLite as the
// embedded default, PostgreSQL or MySQL where several servers share one store.
// There is no leader: changes take a row lock, and every server may be asked.
//
// [New] brings the tables up to date by itself. They are those of the migration
// source "registry" ([Source]).
package sqlstore
