package registry

import (
	"crypto/md5"
	"sync"
)

// hashRooms has room for what is hashed: a text of some kilobytes with nearly every
// request.
var hashRooms = sync.Pool{New: func() any { return new([]byte) }}

// mostHashRoom is the largest room that is kept.
const mostHashRoom = 1 << 18

// hashed is the hash of what write appends.
func hashed(write func([]byte) []byte) Hash {
	room := hashRooms.Get().(*[]byte)
	b := write((*room)[:0])
	h := Hash(md5.Sum(b))
	if cap(b) <= mostHashRoom {
		*room = b
	}
	hashRooms.Put(room)
	return h
}
