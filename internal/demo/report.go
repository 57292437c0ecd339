package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is what the audit of a run found. Its JSON is what
// `demo --output json` prints.
type Report struct {
	Run        string          `json:"run"`
	Migrations []MigrationLine `json:"migrations"`
	Schemas    []SchemaLine    `json:"schemas"`
	// Published is how many different events are on the topics, Delivered how many
	// of them had their effect.
	Published int64 `json:"published"`
	Delivered int64 `json:"delivered"`
	// Lost is how many changes have no record, or records no effect.
	Lost int64 `json:"lost"`
	// Duplicated is how many effects happened more than once per event, and how
	// many changes were published as more than one event.
	Duplicated int64 `json:"duplicated"`
	// Redelivered is how many records repeat an event that is on the topic
	// already. A killed relay explains them; consumers have to pass over them.
	Redelivered int64 `json:"redelivered"`
	// OutOfOrder is how many records come after a later change of the same key.
	OutOfOrder int64 `json:"out_of_order"`
	// Unexplained is how many records say something that no row knows.
	Unexplained int64 `json:"unexplained"`
	// Unfinished is how many rows wait for a next step that never came: a message
	// without a payment, a payment without a delivery, and so on.
	Unfinished int64 `json:"unfinished"`
	// Left is how many rows are in the outbox after the drain.
	Left    int64   `json:"left"`
	Kills   int     `json:"kills"`
	Stalled bool    `json:"stalled"` // nothing moved for too long before the audit
	Rates   Rates   `json:"rates"`
	Seconds float64 `json:"seconds"`
	// Findings describes the first few of what is wrong.
	Findings []string `json:"findings"`
}

// MigrationLine is a migration and who ran it.
type MigrationLine struct {
	Source      string  `json:"source"`
	Version     int64   `json:"version"`
	File        string  `json:"file"`
	Application string  `json:"application"`
	Times       int64   `json:"times"` // how often it was applied; 1 is right
	Millis      float64 `json:"ms"`
}

// SchemaLine is a registered schema.
type SchemaLine struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
	ID      int    `json:"id"`
}

// Rates are events per second over the exchange, the kill included.
type Rates struct {
	Events   float64 `json:"events_per_second"`
	Messages float64 `json:"messages_per_second"`
}

// maxFindings bounds how many findings are described; all are counted.
const maxFindings = 10

func (r *Report) find(format string, args ...any) {
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
	}
}

// finish adds what only the supervisor knows.
func (r *Report) finish(s *supervisor, exchanged time.Duration) {
	r.Run = strings.TrimSuffix(s.prefix, ".")
	r.Kills = s.kills
	r.Seconds = time.Since(s.start).Seconds()
	r.Rates = Rates{
		Events:   float64(r.Delivered) / exchanged.Seconds(),
		Messages: float64(s.cfg.messages()) / exchanged.Seconds(),
	}
	r.Stalled = s.stalled
	if r.Redelivered > r.explained() {
		r.find("%d records were sent again; %d kills explain at most %d", r.Redelivered, r.Kills, r.explained())
	}
}

// perKill is how many records a killed relay can have had on their way: three
// batches of a thousand.
const perKill = 3000

// explained is how many redeliveries the kills explain.
func (r *Report) explained() int64 { return int64(r.Kills) * perKill }

// Problems names what makes the run a failure; none means that all is well.
func (r *Report) Problems() []string {
	var out []string
	add := func(n int64, what string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(r.Lost, "lost")
	add(r.Duplicated, "duplicated")
	add(r.OutOfOrder, "out of order")
	add(r.Unexplained, "unexplained")
	add(r.Unfinished, "unfinished")
	add(r.Left, "left in the outbox")
	if r.Redelivered > r.explained() {
		add(r.Redelivered, "redelivered, which no kill explains")
	}
	if r.Stalled {
		out = append(out, "the exchange stalled")
	}
	twice := slices.ContainsFunc(r.Migrations, func(m MigrationLine) bool { return m.Times != 1 })
	if twice {
		out = append(out, "a migration ran more than once")
	}
	return out
}
