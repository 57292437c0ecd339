package codec

import (
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

// Block reads the head of a block of array items or map entries. No item takes
// less than least bytes. A count of 0 ends the array or map. Items that cannot be
// in the bytes left are ErrTruncated, before anything is allocated for them;
// items of no bytes count towards the limit of a message.
func (d *Decoder) Block(src []byte, p, least int) (int, int, error) {
	// A count of one byte that is not negative, of items that take bytes.
	if p < len(src) && src[p]&0x81 == 0 && least > 0 {
		if n := int(src[p] >> 1); n*min(least, mostLeast) < len(src)-p {
			return n, p + 1, nil
		}
	}
	return d.block(src, p, least)
}

func (d *Decoder) block(src []byte, p, least int) (int, int, error) {
	v, q, err := ReadLong(src, p)
	if err != nil {
		return 0, p, readError(p, reason(err), "item count")
	}
	if v < 0 {
		if v, q, err = sizedBlock(src, p, q, v); err != nil {
			return 0, p, err
		}
	}
	if least == 0 {
		if v > int64(d.empty) {
			return 0, p, readError(p, ErrLimit, "%d items of no bytes, more than the message may have", v)
		}
		d.empty -= int(v)
	} else if hi, lo := bits.Mul64(uint64(v), uint64(least)); hi != 0 || lo > uint64(len(src)-q) {
		return 0, p, readError(p, ErrTruncated, "%d items of at least %d bytes, %d bytes are left", v, least, len(src)-q)
	}
	return int(v), q, nil
}

// mostLeast is the most that an item's bytes are taken for where the product with
// a small count must not overflow.
const mostLeast = 1 << 24

// sizedBlock reads the byte size that follows a negative count.
func sizedBlock(src []byte, p, q int, v int64) (int64, int, error) {
	if v == math.MinInt64 {
		return 0, p, readError(p, ErrMalformed, "item count %d", v)
	}
	size, end, err := ReadLong(src, q)
	if err != nil {
		return 0, p, readError(q, reason(err), "block size")
	}
	if size < 0 {
		return 0, p, readError(q, ErrMalformed, "negative block size %d", size)
	}
	if size > int64(len(src)-end) {
		return 0, p, readError(q, ErrTruncated, "block of %d bytes, %d are left", size, len(src)-end)
	}
	return -v, end, nil
}

// Grow makes s longer by n zero items.
func Grow[T any](s []T, n int) []T {
	if s == nil {
		return make([]T, n)
	}
	return slices.Grow(s, n)[:len(s)+n]
}

// firstStep is how many bytes GrowStep takes for the first items of an array.
const firstStep = 512

// GrowStep makes s longer by one zero item; left counts the items of the block
// that are still to be read, this one included. It is for items that can hold
// the array's own type again: there every open level could claim all bytes that
// are left, so room is made for no more items than have been read, beyond the
// first few.
func GrowStep[T any](s []T, left int) []T {
	if len(s) == cap(s) {
		s = growStep(s, left)
	}
	return s[:len(s)+1]
}

func growStep[T any](s []T, left int) []T {
	var item T
	first := firstStep / max(int(unsafe.Sizeof(item)), 1)
	grown := make([]T, len(s), len(s)+min(left, max(first, len(s), 1)))
	copy(grown, s)
	return grown
}

// mapHint bounds the room that is made for a map before its entries are read;
// an empty slot is far larger than the smallest entry.
const mapHint = 1024

// GrowMap makes room for n more entries in an empty map. Maps whose values can
// hold the map's own type again ask for none: see GrowStep.
func GrowMap[V any](m map[string]V, n int) map[string]V {
	if m == nil {
		m = make(map[string]V, min(n, mapHint))
	}
	return m
}

// AppendCount appends the head of the only block of an array or map, which
// has n > 0 items. The byte 0 after the items ends it; an empty array or map
// is that byte alone.
func AppendCount(dst []byte, n int) []byte { return AppendLong(dst, int64(n)) }
