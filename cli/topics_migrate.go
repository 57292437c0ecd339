package cli

// migrateJSON is the contract of the JSON that the verbs of migrate print.
var migrateJSON = topic{"migrate-json", "JSON of the migrate commands", `With --output json the verbs of migrate print the following. Lists are [] when
they are empty. A migration has source, version (a number), name and file (empty
for one in Go without a file). Times are RFC 3339 in UTC, durations milliseconds.
New fields may come.

up, down, to, redo, baseline: an object
  applied       list of migrations, in the order in which they ran, each with
                direction ("up", "down") and ms
  waited_ms     how long another process was waited for
  complete      false when the run ended early; applied is what was done before
  findings      list, see below; only up has any
They print it also when they fail, unless no run could begin.

status: a list of migrations, each with
  state         pending, applied, edited, missing, unknown, partial (of which the
                file may be missing, too)
  out_of_order  pending, and older than an applied one of its source
  applied_at    null when it was not; application, module_version, host, ms
  direction, statements_done, statement_in_doubt (0 is none), statements
                of a partial one
  note          how it was recorded if not by a run: "baseline", "script",
                "repair ..."; what stopped a partial one, if that is known

plan: an object
  migrations    list of migrations, each with reason (pending, out_of_order,
                resume), from_statement (from 1), transaction (all or nothing),
                go, statements (SQL; empty for Go)
  findings      list, see below
  blocked       why up would refuse to run, or ""

sql: an object with file (when --to is given) or script

verify: an object
  ok            nothing was found; exit code 0
  ready         everything that this build knows is applied
  pending       list of migrations
  half_done     list, as of status
  holder        who migrates now: application, host, pid, since, doing; or null
  findings      list, see below
  problems      list of texts: files that do not parse
  invalid_indexes  list of texts, on PostgreSQL

validate: a list of dialect and problem

repair: the migration, as in status; state is "gone" when it has no file and is not
applied

dump: an object with file (when --out is given) or snapshot

create: an object with files, a list of names

A finding is a migration with kind (edited, missing, unknown, out_of_order,
half_done: without a file here) and application.`}
