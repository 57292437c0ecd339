package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// topic is a help text that belongs to no single command.
type topic struct{ name, short, long string }

var topics = []topic{
	{"exit-codes", "What the exit codes mean", `Exit codes, the same for every command:

  0  done
  1  failure; an unreachable server too
  2  the command line, a variable or schemactl.yaml is wrong
  3  a check ran and found something: stale generated code (codegen --check),
     pending migrations (migrate status --check), a database that does not fit
     (migrate verify), what --strict does not accept, migration files that do not
     parse (migrate validate), a schema that a registry would refuse (schema check,
     schema push, which then registers nothing), topics that differ from their
     declaration (topic plan --check)`},
	{"configuration", "Flags, variables and schemactl.yaml", `Every flag can be set in four places; the first that has it wins:

  1. the flag:       schemactl migrate up --database-url sqlite:app.db
  2. its variable:   SCHEMACTL_DATABASE_URL=sqlite:app.db
  3. schemactl.yaml in the working directory, or the file of --config:
       database-url: sqlite:app.db
       migrate:
         lock-timeout: 10s
  4. the default

The variable of a flag that can be repeated takes several values, separated by
commas or lines, such as SCHEMACTL_ADD_SOURCE=a=./a,b=./b; a value that has a comma
itself goes into the file, as an item of a list, or on the command line.

A key in the file is a flag's name, alone or under its command; but for topics, the
list that 'help topic' explains. Unknown keys are an error. Passwords belong into variables, not into the file.`},
	{"database-url", "Forms of a database URL", `A database URL is one of:

  sqlite:FILE                          the file is made when it is missing
  postgres://user:pass@host:port/db    with pgx's parameters after ?
  mysql://user:pass@host:port/db       MySQL and MariaDB; the Go driver's form
                                       mysql://user:pass@tcp(host:port)/db works too

A file that is only to be read is opened by sqlite:FILE?mode=ro; in a folder that
cannot be written to, and while nobody else writes, by sqlite:FILE?immutable=1.

Times are UTC everywhere. Messages never show the password.`},
	{"migrations", "How migrations are kept and run", `A source is a named folder of goose files. If the folder has a sub-folder for
the dialect (postgres, mysql, sqlite) that is used, else the folder itself.
The binary carries its sources; --source NAME=DIR replaces them all by folders on
disk, --add-source NAME=DIR adds one.

A migration's identity is source and version, so two sources may use the same
number. All pending migrations run in one plan, by timestamp and then by the
order of the sources. 'migrate up' may be called by any number of processes at
once: one runs what is pending, the others wait and find nothing to do.

The source "shared" keeps goose's own table goose_db_version, every other one
goose_db_version_<source>, so goose's own command line works on each.

Applications are deployed at different times, so 'migrate up' accepts what it
finds and says so on stderr: it applies a pending file that is older than an
applied one of its source; an edited file is a warning; an applied migration
without a file (missing), or from a newer release (unknown), is a note; one that was
left half done and has no file here is a warning. With --strict each of them is exit
code 3 and nothing runs. A pending file that looks like a half-done one under another
number is refused: its first statements would run twice.

'migrate plan' shows what would run, 'migrate sql' writes it as a script for a
person with the database's own client. 'migrate verify' is for CI and start-up:
is everything applied that this build knows? 'migrate baseline' is for a database
that was made by other means.

A file that cannot run in one transaction (NO TRANSACTION; data definition on
MySQL) is recorded statement by statement. When a run ends in its middle the next
one goes on there; whether the statement at that place took effect it asks the
database's catalogue. Where that cannot tell (an index without a name, TRUNCATE,
CALL) it stops and names the command to say so: 'migrate repair'. Settings to
constants that the file has made are made again in the new session; where another
one cannot have what the rest needs (a temporary table, LAST_INSERT_ID()), it
stops, too.

While a statement lasts, stderr shows what the server says of it, from a second
on: the phase and how much is done of an index that is built on PostgreSQL or a
table that is copied on MariaDB, and the session (number, application, how long
its transaction is open) that a statement waits for. Who waits for the run sees
the same. SQLite tells nothing.

On PostgreSQL --schema NAME keeps everything in one schema: tables, goose's tables
and the history. 'up', 'down', 'to', 'redo' and 'baseline' make it when it is
missing. Schemas of one database know nothing of each other's migrations, but runs
in them wait for each other. A connection pooler in transaction mode cannot hold
the lock and is refused: use a URL of the server itself.`},
	brokersTopic,
	migrateJSON,
	schemaTopic,
}

func helpTopics(name string) []*cobra.Command {
	var all []*cobra.Command
	for _, t := range topics {
		all = append(all, &cobra.Command{
			Use:   t.name,
			Short: t.short,
			Long:  strings.ReplaceAll(t.long, "schemactl ", name+" "),
		})
	}
	return all
}
