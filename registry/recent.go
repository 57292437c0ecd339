package registry

import "sync"

// recent keeps what was found out by hash, for as long as it is asked for. It forgets
// a generation at a time: what nobody asked for while the next one came to be. So when
// there is more than fits, a part of it is still known, and no order has to be kept.
type recent[V any] struct {
	most       int          // of each generation
	mu         sync.RWMutex // guards the maps
	young, old map[Hash]V
}

func newRecent[V any](most int) *recent[V] {
	return &recent[V]{most: most, young: map[Hash]V{}, old: map[Hash]V{}}
}

func (r *recent[V]) get(key Hash) (V, bool) {
	r.mu.RLock()
	v, isYoung := r.young[key]
	isOld := false
	if !isYoung {
		v, isOld = r.old[key]
	}
	r.mu.RUnlock()
	if isOld {
		r.put(key, v)
	}
	return v, isYoung || isOld
}

func (r *recent[V]) put(key Hash, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.young) >= r.most {
		r.young, r.old = r.old, r.young
		clear(r.young)
	}
	r.young[key] = v
}
