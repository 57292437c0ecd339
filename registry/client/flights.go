package client

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// maxKept bounds each cache. What does not fit is asked again.
	maxKept = 10_000
	// maxFlight ends a shared question, which no single caller may cancel.
	maxFlight = time.Minute
)

// flights keeps answers that never change and lets callers with the same
// question share one.
type flights[V any] struct {
	group singleflight.Group
	mu    sync.Mutex // guards kept
	kept  map[string]V
}

func newFlights[V any]() *flights[V] { return &flights[V]{kept: map[string]V{}} }

// do answers what is kept, or else what load answers. A caller whose context
// ends leaves; the others go on waiting.
func (f *flights[V]) do(ctx context.Context, key string, load func(context.Context) (V, error)) (V, error) {
	if v, ok := f.get(key); ok {
		return v, nil
	}
	answer := f.group.DoChan(key, func() (any, error) {
		if v, ok := f.get(key); ok { // since the look above another caller's question has ended
			return v, nil
		}
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxFlight)
		defer cancel()
		v, err := load(shared)
		if err == nil {
			f.put(key, v)
		}
		return v, err
	})
	select {
	case <-ctx.Done():
		var none V
		return none, context.Cause(ctx)
	case r := <-answer:
		v, _ := r.Val.(V)
		return v, r.Err
	}
}

func (f *flights[V]) get(key string) (V, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := f.kept[key]
	return v, ok
}

func (f *flights[V]) put(key string, v V) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.kept) >= maxKept {
		clear(f.kept)
	}
	f.kept[key] = v
}
