package dblock

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"
)

// Holder says who has a lock and what for. Its JSON form is what the lock file
// of an SQLite database holds.
type Holder struct {
	// Application is the program, by the name its users know it under.
	Application string `json:"application,omitempty"`
	// Host is the machine's name; [Try] and [Wait] fill it in when empty.
	Host string `json:"host,omitempty"`
	// PID is the process; [Try] and [Wait] fill it in when zero.
	PID int `json:"pid,omitempty"`
	// Since is when the lock was taken; [Try] and [Wait] set it.
	Since time.Time `json:"since,omitzero"`
	// Doing is the work in hand, such as a file's name.
	Doing string `json:"doing,omitempty"`
}

// String is one line for people: "billing on web-3 (pid 812) since
// 12:03:04 UTC, doing 20260101000000_create_users.sql".
func (h Holder) String() string {
	var b strings.Builder
	b.WriteString(cmp.Or(h.Application, "an unknown application"))
	if h.Host != "" {
		b.WriteString(" on " + h.Host)
	}
	if h.PID != 0 {
		fmt.Fprintf(&b, " (pid %d)", h.PID)
	}
	if !h.Since.IsZero() {
		b.WriteString(" since " + h.Since.UTC().Format("15:04:05 UTC"))
	}
	if h.Doing != "" {
		b.WriteString(", doing " + h.Doing)
	}
	return b.String()
}

// here completes h with this process's own facts.
func (h Holder) here() Holder {
	if h.Host == "" {
		h.Host, _ = os.Hostname() // a missing name only makes the description poorer
	}
	if h.PID == 0 {
		h.PID = os.Getpid()
	}
	return h
}
