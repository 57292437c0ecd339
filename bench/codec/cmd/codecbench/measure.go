package main

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/schemactl/schemactl/bench/codec/table"
)

// figures are what was measured of one codec. Times are CPU time of the process,
// in nanoseconds for one encoding or decoding.
type figures struct {
	codec       string
	median, min float64
	perSecond   float64 // MB of encoded bytes
	bytes       float64 // allocated
	allocs      float64
}

// settings of a run.
type settings struct {
	rounds int
	slot   time.Duration // of one codec in one round
}

// measure runs all codecs of a group in rounds, so that what else happens on the
// machine meets all of them alike, and takes the median of each.
func measure(ctx context.Context, g *table.Group, s settings) ([]figures, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	counts := make([]int, len(g.Codecs))
	out := make([]figures, len(g.Codecs))
	times := make([][]float64, len(g.Codecs))
	for i := range g.Codecs {
		c := &g.Codecs[i]
		n, err := calibrate(c, s.slot)
		if err != nil {
			return nil, err
		}
		counts[i], out[i].codec = n, c.Name
		if out[i].bytes, out[i].allocs, err = allocated(c); err != nil {
			return nil, err
		}
	}
	for round := range s.rounds {
		for i := range g.Codecs {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			// Each round begins with another codec: none always follows the same.
			at := (i + round) % len(g.Codecs)
			took, err := slot(&g.Codecs[at], counts[at])
			if err != nil {
				return nil, err
			}
			times[at] = append(times[at], float64(took.Nanoseconds())/float64(counts[at]))
		}
	}
	for i := range out {
		out[i].median, out[i].min = median(times[i]), slices.Min(times[i])
		out[i].perSecond = float64(g.Codecs[i].Bytes) / out[i].median * 1000
	}
	return out, nil
}

// slot runs a codec n times and leaves no garbage of others to it.
func slot(c *table.Codec, n int) (time.Duration, error) {
	runtime.GC()
	begin := cpuTime()
	err := c.Run(n)
	return cpuTime() - begin, err
}

// calibrate finds how many times a codec runs within the time.
func calibrate(c *table.Codec, want time.Duration) (int, error) {
	n := 1
	for {
		took, err := slot(c, n)
		if err != nil {
			return 0, err
		}
		if took >= want/4 {
			return max(1, int(float64(n)*float64(want)/float64(took))), nil
		}
		n *= 2
	}
}

// allocated is how many bytes and how many times a codec allocates.
func allocated(c *table.Codec) (bytes, allocs float64, err error) {
	const n = 500
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = c.Run(n)
	runtime.ReadMemStats(&after)
	return float64((after.TotalAlloc - before.TotalAlloc) / n), float64((after.Mallocs - before.Mallocs) / n), err
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
