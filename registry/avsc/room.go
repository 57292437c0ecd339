package avsc

import "sync"

// room is where the parts of a text's values are while a schema is made of them. A
// registry reads texts all the time, and would otherwise leave several times their
// size behind with each.
type room struct {
	open []member // see reader
	used []member
}

// roomFor is how many parts there is room for: what a schema of 100 fields has.
// Others are made as they come.
const roomFor = 512

var rooms = sync.Pool{New: func() any { return &room{used: make([]member, 0, roomFor)} }}

// take is room for n parts.
func (r *room) take(n int) []member {
	if r == nil || n > cap(r.used)-len(r.used) {
		return make([]member, n)
	}
	from := len(r.used)
	r.used = r.used[:from+n]
	return r.used[from : from+n : from+n]
}

// release gives the room to others: nothing that points into it may be left.
func (r *room) release() {
	open := r.open[:cap(r.open)]
	clear(open)
	clear(r.used)
	r.used = r.used[:0]
	if cap(open) <= roomFor {
		rooms.Put(r)
	}
}

// kept is a value that does not lie in a room.
func (v value) kept() value {
	if len(v.parts) == 0 {
		return v
	}
	parts := make([]member, len(v.parts))
	for i, part := range v.parts {
		parts[i] = member{part.key, part.kept()}
	}
	v.parts = parts
	return v
}
