package migrate

import (
	"fmt"
	"strings"
	"time"
)

// Unit is what an [Activity] counts.
type Unit string

// The units. A total may be an estimate of the server's.
const (
	UnitBlocks   Unit = "blocks"   // of a table or an index, on PostgreSQL
	UnitTuples   Unit = "tuples"   // rows or index entries, on PostgreSQL
	UnitBytes    Unit = "bytes"    // of a file that is copied, on PostgreSQL
	UnitSessions Unit = "sessions" // that had to be waited for, on PostgreSQL
	UnitPercent  Unit = "percent"  // of 100, on MariaDB
	UnitWork     Unit = "work"     // of a size that only the server knows, on MySQL
)

// Activity is what the server says of a statement that lasts, seen from a second
// session of the pool. It needs such a session, and a server that tells: with a
// pool of one connection, on SQLite, and for a Go migration without a
// transaction nothing is told.
//
// PostgreSQL tells how far CREATE INDEX, REINDEX, CLUSTER, VACUUM, ANALYZE and
// COPY are, MariaDB how far an ALTER TABLE that copies is, and MySQL those stages
// that its performance schema is set to follow. Of other statements it is known
// whether they wait.
type Activity struct {
	// Stage is the server's own word for what it does, such as "building index:
	// scanning table" or "copy to tmp table"; empty when it has none.
	Stage string
	// Done of Total units of the stage are done, 0 <= Done <= Total. Both begin
	// anew with each stage, but UnitWork, which is the whole statement's. Total is
	// zero when nothing is counted, and Unit empty.
	Done, Total int64
	Unit        Unit
	// Part (from 1) of Parts is the larger piece of the work that is done:
	// MariaDB's stages, PostgreSQL's partitions. Zero when there are none.
	Part, Parts int
	// Waited is how long the statement has been waiting for locks of other
	// sessions without a break, to within a second; zero when it is not waiting.
	Waited time.Duration
	// BlockedBy are the sessions that it waits for. It can be empty while Waited
	// is not: MariaDB without its performance schema does not say who uses a
	// table, and some users may not be told.
	BlockedBy []Blocker
}

// Blocker is a session that another one waits for.
type Blocker struct {
	// Session is the server's number for it: the pid on PostgreSQL, the
	// connection's id on MySQL and MariaDB; 0 for a prepared transaction.
	Session int64
	// Application is the name that the session goes by: its application_name on
	// PostgreSQL, user@host on MySQL and MariaDB.
	Application string
	// State is what the server says that it does, such as "idle in transaction".
	State string
	// Age is how long its transaction has been open; zero when that is unknown.
	Age time.Duration
}

// String is a short line for people, without the statement; empty when the server
// says nothing: "building index: scanning table, 43 %", "waiting for writers
// before build, 0 of 1 sessions, waits 12 s for session 812 (shop, idle in
// transaction, 40 s)".
func (a Activity) String() string {
	var parts []string
	if a.Stage != "" {
		parts = append(parts, a.Stage)
	}
	if a.Parts > 0 {
		parts = append(parts, fmt.Sprintf("part %d of %d", a.Part, a.Parts))
	}
	switch {
	case a.Total <= 0:
	case a.Unit == UnitSessions:
		parts = append(parts, fmt.Sprintf("%d of %d sessions", a.Done, a.Total))
	default:
		parts = append(parts, fmt.Sprintf("%d %%", int(100*float64(a.Done)/float64(a.Total))))
	}
	if a.Waited > 0 {
		parts = append(parts, a.waits())
	}
	return strings.Join(parts, ", ")
}

// waits names the first few that are waited for.
func (a Activity) waits() string {
	const most = 3
	text := fmt.Sprintf("waits %s for ", seconds(a.Waited))
	if len(a.BlockedBy) == 0 {
		return text + "a lock"
	}
	var names []string
	for _, b := range a.BlockedBy[:min(most, len(a.BlockedBy))] {
		names = append(names, b.String())
	}
	text += strings.Join(names, " and ")
	if more := len(a.BlockedBy) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// String is the session for people: "session 812 (shop, idle in transaction,
// 40 s)".
func (b Blocker) String() string {
	text := fmt.Sprintf("session %d", b.Session)
	if b.Session == 0 {
		text = "a prepared transaction"
	}
	var facts []string
	for _, fact := range []string{b.Application, b.State} {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	if b.Age > 0 {
		facts = append(facts, seconds(b.Age))
	}
	if len(facts) == 0 {
		return text
	}
	return text + " (" + strings.Join(facts, ", ") + ")"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d s", int64(d.Seconds())) }
