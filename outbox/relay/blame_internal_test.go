package relay

import (
	"testing"
	"testing/synctest"
	"time"
)

// A topic that has refused a wave as too large gets smaller ones, and after a while
// those of a usual size again: somebody may have raised its limit.
func TestSmallerWavesForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rows := make([]Row, 10)
		for i := range rows {
			rows[i] = Row{ID: int64(i + 1), Topic: []string{"small", "other"}[i%2], Payload: make([]byte, 1000)}
		}
		tm := &term{r: &Relay{waveBytes: 900_000}, known: map[string]bool{"small": true, "other": true}}
		cut := func(when string, want int) {
			t.Helper()
			if n := tm.cut(rows, len(rows)); n != want {
				t.Errorf("%s: a wave has %d of %d rows, want %d", when, n, len(rows), want)
			}
		}
		cut("before", 10)
		if !tm.blame.shrink(newWave(rows), "small") {
			t.Fatal("a single record is to blame")
		}
		cut("refused", 4) // two of its five, and another topic's
		if !tm.blame.shrink(newWave(rows[:4]), "small") {
			t.Fatal("a single record is to blame")
		}
		cut("refused again", 2)
		if tm.blame.shrink(newWave(rows[:2]), "small") {
			t.Error("a single record is not to blame")
		}
		time.Sleep(shrunkFor)
		cut("later", 10)
	})
}
