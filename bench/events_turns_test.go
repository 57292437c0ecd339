package bench_test

import (
	"flag"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// side is one of those that take turns in a comparison.
type side struct {
	name string
	// round does the work once and returns the figures that were measured, one for
	// each of the comparison's units.
	round func(b *testing.B) []float64
}

// rate is a round with one figure.
func rate(round func(b *testing.B) float64) func(*testing.B) []float64 {
	return func(b *testing.B) []float64 {
		b.Helper()
		return []float64{round(b)}
	}
}

// only is for profiles: the sides whose names match, and the pairs of those.
var only = flag.String("sides", "", "regexp: compare only the sides whose names match it")

// turns lets the sides take turns, so that a busy machine slows down all of them, in
// each round in another order, so that none always follows the same one and what it
// left to the disk. There are as many rounds as -benchtime
// wants and at least five, with -short three. It reports for each unit the median of
// every side, and for every pair such as "ours/hand" the median of the quotients of
// one round, and the quotient of the best rounds ("best"): the greatest figures, or
// the least where the unit is a time (ms, us).
func turns(b *testing.B, units []string, sides []side, pairs ...string) {
	b.Helper()
	turnsOf(b, short(3, 5), units, sides, pairs...)
}

// turnsOf is turns with another number of rounds at least.
func turnsOf(b *testing.B, least int, units []string, sides []side, pairs ...string) {
	b.Helper()
	wanted, err := regexp.Compile(*only)
	check(b, err)
	sides = slices.DeleteFunc(sides, func(s side) bool { return !wanted.MatchString(s.name) })
	pairs = slices.DeleteFunc(pairs, func(pair string) bool {
		over, under, _ := strings.Cut(pair, "/")
		return !wanted.MatchString(over) || !wanted.MatchString(under)
	})
	all := map[string][][]float64{} // by side, then round
	order := rand.New(rand.NewPCG(1, 1))
	round := func() {
		for _, i := range order.Perm(len(sides)) {
			s := sides[i]
			runtime.GC()
			all[s.name] = append(all[s.name], s.round(b))
		}
	}
	rounds := 0
	for ; b.Loop(); rounds++ {
		round()
	}
	for ; rounds < least; rounds++ {
		round()
	}
	for u, unit := range units {
		for _, s := range sides {
			b.ReportMetric(median(column(all[s.name], u)), s.name+"-"+unit)
		}
		for _, pair := range pairs {
			over, under, _ := strings.Cut(pair, "/")
			x, y := column(all[over], u), column(all[under], u)
			quotients := make([]float64, rounds)
			for i := range quotients {
				quotients[i] = x[i] / y[i]
			}
			best := slices.Max[[]float64]
			if strings.HasSuffix(unit, "ms") || strings.HasSuffix(unit, "us") {
				best = slices.Min[[]float64]
			}
			name := pair
			if len(units) > 1 {
				name += ":" + unit
			}
			b.ReportMetric(median(quotients), name)
			b.ReportMetric(best(x)/best(y), name+"(best)")
		}
	}
	b.ReportMetric(float64(rounds), "rounds")
	b.ReportMetric(0, "ns/op")
}

func column(rounds [][]float64, n int) []float64 {
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = r[n]
	}
	return values
}

// median is the middle one, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// short is the first with -short, else the second.
func short[T any](little, much T) T {
	if testing.Short() {
		return little
	}
	return much
}

// watch measures a piece of work on n things: how many a second, and the CPU time
// in microseconds that this process took for each. CPU time tells what the code
// costs even while other programs take the processor.
type watch struct {
	begin time.Time
	cpu   time.Duration
}

// watched are the units of watch.per.
var watched = []string{"per-s", "cpu-us"}

func startWatch() watch { return watch{time.Now(), cpuTime()} }

func (w watch) per(n int) []float64 {
	cpu, took := cpuTime()-w.cpu, time.Since(w.begin)
	return []float64{float64(n) / took.Seconds(), float64(cpu.Nanoseconds()) / 1000 / float64(n)}
}
