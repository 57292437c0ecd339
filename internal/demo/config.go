package demo

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Config says what a run uses. The zero value of a server's address means that
// the demo hosts that part itself.
type Config struct {
	// Executable is the binary that has the hidden command `demo app NAME`.
	Executable  string
	DatabaseURL string
	Brokers     []string
	RegistryURL string
	// Events is how many events go through at least.
	Events int
	// Keep leaves the data where it is; Serve keeps everything up after the audit
	// until the context ends.
	Keep  bool
	Serve bool
	// Fault breaks one part on purpose; see Faults.
	Fault string
	// Notes is where progress goes; Bar draws a bar there instead of lines.
	Notes io.Writer
	Bar   bool
	// Stall is how long nothing may move before the run is audited as it stands.
	// Default: 30 seconds, which is longer than a consumer group needs to notice
	// a dead member.
	Stall time.Duration
	// OnReport is given the report once the audit is done, before the parts are
	// closed or served. May be nil.
	OnReport func(*Report)
	// Name is the command's name in the hints that are printed.
	Name string
}

// Faults are what SCHEMACTL_DEMO_FAULT may break, so that anybody can see the
// audit find it.
var faultNames = []string{FaultKeepRows, FaultDropRecord, FaultDoubleEffect}

// Names of the faults.
const (
	FaultKeepRows     = "keep-rows"     // a row stays in the outbox after it was relayed
	FaultDropRecord   = "drop-record"   // a row is deleted though its record never went out
	FaultDoubleEffect = "double-effect" // an event's effect happens twice
)

// Limits of Config.Events.
const (
	MinEvents = 100
	MaxEvents = 5_000_000
)

// Validate reports the first value that cannot be used.
func (c *Config) Validate() error {
	if c.Events < MinEvents || c.Events > MaxEvents {
		return fmt.Errorf("--events is %d, want %d to %d", c.Events, MinEvents, MaxEvents)
	}
	if c.Fault != "" && !slices.Contains(faultNames, c.Fault) {
		return fmt.Errorf("SCHEMACTL_DEMO_FAULT is %q, want %s", c.Fault, strings.Join(faultNames, ", "))
	}
	return nil
}

func (c *Config) fill() {
	if c.Notes == nil {
		c.Notes = io.Discard
	}
	if c.Name == "" {
		c.Name = "schemactl"
	}
	if c.Stall == 0 {
		c.Stall = 30 * time.Second
		if c.Fault != "" {
			c.Stall = 8 * time.Second // what is broken on purpose will not come
		}
	}
}

// eventsPerMessage is what one message causes: message.created,
// payment.received, account.state and message.delivered.
const eventsPerMessage = 4

// accounts is how many accounts write to each other. Few enough that each
// changes often: the order of one account's events is what is hard to keep.
const accounts = 40

func (c *Config) messages() int {
	return (c.Events + eventsPerMessage - 1) / eventsPerMessage
}
