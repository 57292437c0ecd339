// Package sqlstore keeps a registry's schemas in an SQL database: SQLite as the
// embedded default, PostgreSQL or MySQL where several servers share one store.
// There is no leader: changes take a row lock, and every server may be asked.
//
// Each server holds all schemas in memory and answers reads from there. What it
// registers it sees at once; what another one registers, within 200 ms,
// as it looks each 50 ms, unless the database or the machine is overloaded. A change is
// made on a state that has all that was changed before, by whomever.
//
// While the database is gone reads go on and changes fail, and so do registrations
// of what is there already, which have to know that it still is. Whether a change was
// made that was under way when it went is not known. Who is suspended in the middle of
// a change loses the lock after 10 s on PostgreSQL; on MySQL and MariaDB the changes of
// others fail until it goes on or its connection ends.
//
// An SQLite database has to be opened with synchronous=FULL, as database.Open does.
// Otherwise a power cut may take schemas that were answered, and give their ids again.
//
// [New] brings the tables up to date by itself. They are those of the migration
// source "registry" ([Source]), and hold the records of a `_schemas` topic: of each
// key the last, and for an hour those that took a key's value away.
package sqlstore
