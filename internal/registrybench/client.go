package registrybench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const mediaType = "application/vnd.schemaregistry.v1+json"

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// server is one URL and the connections to it.
type server struct {
	base string
	http *http.Client
}

func newServer(base string, connections int) *server {
	return &server{base: strings.TrimSuffix(base, "/"), http: &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			MaxIdleConns: connections, MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true,
		},
	}}
}

// request is one thing to ask.
type request struct {
	method, path string
	body         []byte
}

// ask sends a request and reads all of the answer.
func (s *server) ask(ctx context.Context, r request) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, s.base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if r.body != nil {
		req.Header.Set("Content-Type", mediaType)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the whole URL may hold a password
		}
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: status %d: %.200s", r.method, r.path, resp.StatusCode, answer)
	}
	return answer, nil
}

func (s *server) close() { s.http.CloseIdleConnections() }

// sample is what was measured in one turn.
type sample struct {
	requests  int
	took      time.Duration
	durations []time.Duration
}

// load lets clients ask for a time, each its own requests: next makes the one of a
// number that no other has. The first error ends it.
func load(ctx context.Context, clients int, lasts time.Duration, do func(ctx context.Context, n int) error) (sample, error) {
	var next atomic.Int64
	var mu sync.Mutex // guards all and failed
	var all []time.Duration
	var failed error
	begin := time.Now()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			var own []time.Duration
			for time.Since(begin) < lasts && ctx.Err() == nil {
				start := time.Now()
				if err := do(ctx, int(next.Add(1))-1); err != nil {
					mu.Lock()
					if failed == nil && ctx.Err() == nil {
						failed = err
					}
					mu.Unlock()
					stop()
					return
				}
				own = append(own, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
		})
	}
	wg.Wait()
	if failed == nil {
		failed = context.Cause(ctx)
	}
	return sample{requests: len(all), took: time.Since(begin), durations: all}, failed
}

// figures sums up samples of one kind.
func figures(samples []sample) (rate float64, p50, p99 time.Duration) {
	var rates []float64
	var all []time.Duration
	for _, s := range samples {
		rates = append(rates, float64(s.requests)/s.took.Seconds())
		all = append(all, s.durations...)
	}
	if len(all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(rates)
	slices.Sort(all)
	return rates[len(rates)/2], all[len(all)/2], all[len(all)*99/100]
}

func subject(prefix string, n int) string { return prefix + strconv.Itoa(n) }
