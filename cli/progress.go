package cli

import (
	"fmt"
	"io"
	"time"
)

// stepProgress shows how far work in steps is, once it takes longer than a
// person likes to wait without a word. On a terminal it is one line that is
// written over and vanishes at the end; elsewhere each step gets one line, and
// only when there is much to do. It is not safe for concurrent use.
type stepProgress struct {
	screenLine
	title string
	now   func() time.Time
	began time.Time
	shown time.Time // when the terminal's line was written last
	step  string    // the last step that got a line of its own
}

const (
	progressAfter = time.Second            // shorter work says nothing
	progressEvery = 100 * time.Millisecond // between two writes to a terminal
	progressMany  = 100                    // as many things as are worth a line
)

func newStepProgress(w io.Writer, title string) *stepProgress {
	return &stepProgress{screenLine: newScreenLine(w), title: title, now: time.Now, began: time.Now()}
}

// tell notes that done of total things of a step are done; a total of 0 is not
// known.
func (p *stepProgress) tell(step string, done, total int) {
	now := p.now()
	if !p.terminal {
		if p.step != step && (total > progressMany || now.Sub(p.began) >= progressAfter) {
			p.step = step
			fmt.Fprintf(p.w, "%s: %s\n", p.title, count(step, 0, total))
		}
		return
	}
	if now.Sub(p.began) < progressAfter || (now.Sub(p.shown) < progressEvery && done < total) {
		return
	}
	p.shown = now
	p.overwrite(fmt.Sprintf("%s: %s", p.title, count(step, done, total)))
}

func count(step string, done, total int) string {
	switch {
	case total == 0:
		return step
	case done == 0:
		return fmt.Sprintf("%s %d files", step, total)
	}
	return fmt.Sprintf("%s %d of %d files", step, done, total)
}
