package registry

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
)

func numbered(n int) (h Hash) {
	binary.BigEndian.PutUint64(h[:], uint64(n))
	return h
}

func TestRecent(t *testing.T) {
	t.Parallel()
	const most = 1000
	tests := map[string]struct {
		keys int
		want float64 // of what is asked for again, the least share that is known
	}{
		"what fits stays":              {most, 1},
		"a little too much":            {most * 5 / 4, 0.9},
		"more than fits is known half": {most * 3, 0.4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 1))
			r := newRecent[int](most)
			known, asked := 0, 0
			for i := range 20 * test.keys {
				n := i
				if i >= test.keys {
					n = random.IntN(test.keys)
				}
				v, ok := r.get(numbered(n))
				switch {
				case ok && v != n:
					t.Fatalf("%d is known as %d", n, v)
				case !ok:
					r.put(numbered(n), n)
				}
				if i >= test.keys {
					asked++
					if ok {
						known++
					}
				}
				if len(r.young) > most || len(r.old) > most {
					t.Fatalf("%d and %d are kept, the most is %d", len(r.young), len(r.old), most)
				}
			}
			if got := float64(known) / float64(asked); got < test.want {
				t.Errorf("%.2f are known, want %.2f", got, test.want)
			}
		})
	}
}

func TestRecentFromManySides(t *testing.T) {
	t.Parallel()
	r := newRecent[int](8)
	var wg sync.WaitGroup
	for side := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				n := (i * (side + 1)) % 24
				if v, ok := r.get(numbered(n)); ok && v != n {
					t.Errorf("%d is known as %d", n, v)
				}
				r.put(numbered(n), n)
			}
		})
	}
	wg.Wait()
}

// What is asked for stays, however much passes by.
func TestRecentKeepsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	r := newRecent[int](10)
	r.put(numbered(0), 0)
	for n := range 1000 {
		r.put(numbered(n+1), n+1)
		if _, ok := r.get(numbered(0)); !ok {
			t.Fatalf("forgotten after %d others", n+1)
		}
	}
}
