package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/schemactl/schemactl/migrate"
)

// logEvery is the time between two lines about one thing that lasts, where they
// stay.
const logEvery = 10 * time.Second

// runProgress tells on stderr who is waited for, what is running, and how far
// it is when it lasts. On a terminal what lasts is one line that is written over
// and vanishes; elsewhere it gets a line now and then, the first at once when
// something is in the way. It is not safe for concurrent use.
type runProgress struct {
	screenLine
	now   func() time.Time
	about string    // what the last line that stays is about
	shown time.Time // when it was written
}

func newRunProgress(w io.Writer) *runProgress {
	return &runProgress{screenLine: newScreenLine(w), now: time.Now}
}

// tell is for [migrate.WithProgress].
func (p *runProgress) tell(s migrate.Progress) {
	switch s.Phase {
	case migrate.PhaseWaiting:
		h := s.Holder
		p.lasts(fmt.Sprint("holder", h.Application, h.Host, h.PID), fmt.Sprintf("waiting for %s (%.0f s)", holder(h), s.Elapsed.Seconds()))
	case migrate.PhaseStatement:
		p.end()
		p.about, p.shown = "", p.now()
		if s.Statement == 1 {
			fmt.Fprintf(p.w, "%s %s (%d of %d)\n", s.Direction, s.Migration, s.Index, s.Total)
		}
	case migrate.PhaseRunning:
		about := p.about
		if s.Activity.Waited > 0 {
			about = "wait" // what is in the way is worth a line of its own
		}
		p.lasts(about, p.running(s))
	case migrate.PhaseDone:
		p.end()
	}
}

func (p *runProgress) lasts(about, line string) {
	if p.terminal {
		p.overwrite(line)
		return
	}
	if about == p.about && p.now().Sub(p.shown) < logEvery {
		return
	}
	p.about, p.shown = about, p.now()
	fmt.Fprintln(p.w, line)
}

// running is a line about a statement that lasts. On a terminal the file's name
// stands above it, and the room is short.
func (p *runProgress) running(s migrate.Progress) string {
	line := fmt.Sprintf("%.0f s", s.Elapsed.Seconds())
	if s.Statements > 1 {
		line = fmt.Sprintf("statement %d of %d, %s", s.Statement, s.Statements, line)
	}
	if !p.terminal {
		line = s.Migration.String() + ", " + line
	}
	if text := s.Activity.String(); text != "" {
		line += ": " + text
	}
	return line
}

func holder(h migrate.Holder) string {
	if h.Application == "" && h.PID == 0 {
		return "another process that migrates"
	}
	text := fmt.Sprintf("%s on %s (pid %d)", h.Application, h.Host, h.PID)
	if h.Doing != "" {
		text += ", " + h.Doing
	}
	if !h.Since.IsZero() {
		text += ", since " + h.Since.UTC().Format(time.TimeOnly) + " UTC"
	}
	return text
}
