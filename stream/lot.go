package stream

import (
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/stream/deadletter"
)

// lot knows which letters of one partition are open. It is what the partition of
// the dead letter topic says, read from its start; what this worker writes counts
// as soon as it is acknowledged, and is passed over when it is read.
//
// Another process that lost the partition without knowing may still write letters.
// They come behind this worker's owner record, and are strangers: this worker
// handles their records itself, so it resolves such a letter, or, where it has the
// same one open, writes it anew, as its own version may be compacted away.
//
// Memory: about 150 bytes and the key per open letter; most bounds them.
type lot struct {
	writer string // of this worker
	most   int
	wake   chan<- struct{}
	loaded chan struct{} // closed when all that was there at the owner record is known

	mu       sync.Mutex // guards what follows
	marker   int64      // position of the owner record; -1 until it is acknowledged
	read     int64      // position of the last record that was read
	writing  int        // letters and tombstones that are on their way
	letters  map[int64]letterState
	open     int
	closed   []int64            // offsets of letters that are resolved, oldest first
	met      int64              // highest offset of the source that this worker came to
	passed   map[int64]bool     // resolved by now although the worker has not come to the record
	byKey    map[string][]int64 // offsets of the open letters of a key, ascending
	requests []deadletter.Request
	doing    map[deadletter.ID]bool // requests in requests, or being carried out
	strange  []*kgo.Record
}

// letterState is what the newest known version of a letter says.
type letterState struct {
	at    int64 // position of that version
	open  bool
	keyed bool
	key   string
}

func newLot(writer string, most int, wake chan<- struct{}) *lot {
	return &lot{
		writer: writer, most: most, wake: wake, loaded: make(chan struct{}), marker: -1, read: -1, met: -1,
		letters: map[int64]letterState{}, passed: map[int64]bool{}, byKey: map[string][]int64{}, doing: map[deadletter.ID]bool{},
	}
}

// owned notes that the owner record is at a position.
func (l *lot) owned(at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.marker = at
	l.checkLoaded()
}

func (l *lot) checkLoaded() {
	if l.marker < 0 || l.read < l.marker {
		return
	}
	select {
	case <-l.loaded:
	default:
		close(l.loaded)
	}
}

// see takes in a record of the dead letter topic.
func (l *lot) see(r *kgo.Record) {
	e, ok := deadletter.Parse(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	defer signal(l.wake)
	l.read = max(l.read, r.Offset)
	defer l.checkLoaded()
	own := e.Writer == l.writer
	switch {
	case !ok:
	case e.Letter != nil && !own && l.marker >= 0 && r.Offset > l.marker:
		l.strange = append(l.strange, r)
	case e.Letter != nil:
		state := letterState{at: r.Offset, open: true, keyed: e.Letter.Key != nil, key: string(e.Letter.Key)}
		l.set(e.Letter.ID.Offset, state)
	case e.Resolved != nil:
		l.set(e.Resolved.Offset, letterState{at: r.Offset})
	case e.Replay != nil && !l.doing[e.Replay.ID]:
		l.doing[e.Replay.ID] = true
		l.requests = append(l.requests, *e.Replay)
	case e.Answered != nil:
		before := len(l.requests)
		l.requests = slices.DeleteFunc(l.requests, func(q deadletter.Request) bool { return q.ID == e.Answered.ID })
		if len(l.requests) < before {
			delete(l.doing, e.Answered.ID)
		}
	}
	l.prune()
}

// set puts a state in place of an older one.
func (l *lot) set(offset int64, s letterState) {
	old, known := l.letters[offset]
	if known && old.at >= s.at {
		return
	}
	if old.open {
		l.open--
		l.unkey(offset, old)
	}
	if s.open {
		l.open++
		if s.keyed {
			list := l.byKey[s.key]
			i, _ := slices.BinarySearch(list, offset)
			l.byKey[s.key] = slices.Insert(list, i, offset)
		}
	} else {
		l.closed = append(l.closed, offset)
		if old.open && l.marker >= 0 && s.at > l.marker && offset > l.met {
			l.passed[offset] = true
		}
	}
	l.letters[offset] = s
}

func (l *lot) unkey(offset int64, s letterState) {
	if !s.keyed {
		return
	}
	list := l.byKey[s.key]
	switch i, ok := slices.BinarySearch(list, offset); {
	case ok && i == 0:
		list = list[1:]
	case ok:
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(l.byKey, s.key)
		return
	}
	l.byKey[s.key] = list
}

// prune forgets letters that are resolved. Their states have to stay only while an
// older version may still come.
func (l *lot) prune() {
	if l.writing > 0 {
		return
	}
	for len(l.closed) > 0 {
		s := l.letters[l.closed[0]]
		if !s.open && s.at > l.read {
			return
		}
		if !s.open {
			delete(l.letters, l.closed[0])
		}
		l.closed = l.closed[1:]
	}
}

// begin says that a letter or a tombstone is on its way; the function that it
// returns takes the position, negative when it was not written.
func (l *lot) begin() func(offset int64, s letterState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing++
	return func(offset int64, s letterState) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.writing--
		if s.at >= 0 {
			l.set(offset, s)
		}
		l.prune()
	}
}

// arrive notes that the worker has come to an offset. It reports whether the record
// is a letter already, or was one until it was resolved: after a crash between a
// letter and its commit the record comes again.
func (l *lot) arrive(offset int64) (done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.met = max(l.met, offset)
	done = l.letters[offset].open || l.passed[offset]
	delete(l.passed, offset)
	return done
}

// has tells whether the record at an offset is a letter.
func (l *lot) has(offset int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.letters[offset].open
}

// holds tells whether an earlier record of the key is a letter. One that comes again
// from before the first letter, after a crash, is in its place and need not wait.
func (l *lot) holds(key []byte, offset int64) bool {
	if key == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.byKey[string(key)]
	return len(list) > 0 && list[0] < offset
}

// full tells whether another letter would be too much.
func (l *lot) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open >= l.most
}

func (l *lot) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// next is the first open letter that a request is about: its record's offset and
// its position.
func (l *lot) next(q deadletter.Request) (offset, at int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	offset = q.ID.Offset
	if q.Keyed {
		list := l.byKey[string(q.Key)]
		if len(list) == 0 {
			return 0, 0, false
		}
		offset = list[0]
	}
	s := l.letters[offset]
	return offset, s.at, s.open
}

// tasks takes what there is to do: requests to replay, and letters of strangers.
func (l *lot) tasks() (requests []deadletter.Request, strange []*kgo.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	requests, strange = l.requests, l.strange
	l.requests, l.strange = nil, nil
	return requests, strange
}

// answered says that a request was carried out; a later one of the same id counts.
func (l *lot) answered(id deadletter.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.doing, id)
}
