package cli

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// The percentage is kept within these: below, collecting takes all the time;
	// above, a small heap would grow to many times its size.
	leastGarbage, mostGarbage = 25, 400
	startGarbage              = 100
	liveHeap                  = "/gc/heap/live:bytes"
)

// boundGarbage lets so many MB of garbage gather before they are collected, however
// much the schemas take. Go's default, as much as what lives, would double a large
// registry, and a small one would collect at every few requests. It returns when ctx
// ends.
func boundGarbage(ctx context.Context, mb int) {
	was := debug.SetGCPercent(startGarbage)
	defer debug.SetGCPercent(was)
	sample := []metrics.Sample{{Name: liveHeap}}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for last := startGarbage; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(sample)
		live := max(1, int(sample[0].Value.Uint64()>>20))
		if percent := min(max(100*mb/live, leastGarbage), mostGarbage); percent != last {
			last = percent
			debug.SetGCPercent(percent)
		}
	}
}
