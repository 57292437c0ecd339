package demo

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress tells a person how far the run is: a bar on a terminal, a line now
// and then elsewhere.
type progress struct {
	mu    sync.Mutex // guards what follows
	out   io.Writer
	bar   *progressbar.ProgressBar
	drawn bool
	bars  bool
	start time.Time
	last  time.Time
}

func newProgress(cfg Config) *progress {
	return &progress{out: cfg.Notes, bars: cfg.Bar, start: time.Now()}
}

// phase names what happens next.
func (p *progress) phase(format string, args ...any) { p.note(format, args...) }

// note prints a line.
func (p *progress) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil && p.drawn {
		_ = p.bar.Clear() // a terminal that cannot clear shows a second bar
	}
	fmt.Fprintf(p.out, "%5.1fs  %s\n", time.Since(p.start).Seconds(), fmt.Sprintf(format, args...))
}

// advance says how many effects of how many have happened.
func (p *progress) advance(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars {
		if p.bar == nil {
			p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription("events"),
				progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("events"),
				progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		_ = p.bar.Set64(min(done, total))
		p.drawn = true
		return
	}
	if time.Since(p.last) < 2*time.Second && done < total {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.out, "%5.1fs  %d of %d events had their effect\n", time.Since(p.start).Seconds(), done, total)
}

// done takes the bar away.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
