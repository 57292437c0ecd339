package codec

import (
	"strconv"
	"unsafe"
)

// Mode says where decoded strings and bytes live.
type Mode uint8

// The modes of decoding.
const (
	// Arena copies the message once; its strings and bytes are cut from that
	// copy, which lives as long as any of them. One allocation a message. It is
	// the default.
	Arena Mode = iota
	// Alias makes strings and bytes point into the input itself. The caller must
	// not change the input while any part of the value is in use.
	Alias
	// Copy makes every string and []byte an allocation of its own, so that keeping
	// a small part of a large message keeps only that part.
	Copy
)

// ReadOptions say how a generated type's ReadAvro decodes. The zero value is
// what DecodeAvro does.
type ReadOptions struct {
	// Plan reads a value of another writer's schema; nil means that the value was
	// written with the type's own. A plan for another reader is ErrReader.
	Plan *Plan
	// Mode says where strings and bytes live.
	Mode Mode
	// Whole says that the input holds exactly one value: bytes after it are
	// ErrTrailing. Without it an input of more than 256 bytes is read in Copy mode
	// where Arena is asked for, because nobody knows where the value ends: taking
	// many values off one long buffer must not copy it many times.
	Whole bool
	// Reuse decodes into the slices, maps and pointers that the value already
	// holds where they have room, instead of new ones: whoever kept one of them
	// sees it change, and none may be held at two places of the value. All fields
	// are overwritten either way. What lies inside an optional value, a union or a
	// map's values, and large decimals, is made anew.
	Reuse bool
	// MaxDepth is how deep recursive types may nest; 0 means [MaxDepth]. More than
	// 50,000 (10,000 on 32 bits) are taken for that many: Go's stack has an end.
	MaxDepth int
	// MaxEmptyItems is how many items without bytes a message may have beyond one
	// for each of its bytes; 0 means [MaxEmptyItems].
	MaxEmptyItems int
}

// mostDepth bounds what a caller can ask for: a level of a large type takes some
// 5 KB of a stack that may grow to 1 GB, or to 250 MB on 32 bits.
const mostDepth = 10_000 + 40_000*(strconv.IntSize/64)

// Decoder is the state of one decoding beside the input, which generated code
// passes along. It is not safe for concurrent use.
type Decoder struct {
	depth int // levels of recursive types that are still allowed
	most  int // levels in all, for errors
	empty int // items without bytes that are still allowed
	reuse bool
}

// NewDecoder is for a message of so many bytes. It has the limits of package
// codec and makes every slice anew.
func NewDecoder(size int) Decoder {
	return Decoder{depth: MaxDepth, most: MaxDepth, empty: MaxEmptyItems + size}
}

// Start prepares one decoding: a Decoder, and the input as the read functions
// take it: buf, and the same bytes as text, which is empty when strings are to
// be copied.
func (o *ReadOptions) Start(src []byte) (d Decoder, buf []byte, text string) {
	d = NewDecoder(len(src))
	d.reuse = o.Reuse
	if o.MaxDepth > 0 {
		d.most = min(o.MaxDepth, mostDepth)
		d.depth = d.most
	}
	if o.MaxEmptyItems > 0 {
		d.empty = o.MaxEmptyItems + len(src)
	}
	switch {
	case o.Mode == Alias:
		return d, src, alias(src)
	case o.Mode == Copy || (!o.Whole && len(src) > arenaFront):
		return d, src, ""
	}
	buf, text = StartArena(src)
	return d, buf, text
}

// StartArena copies src for decoding in Arena mode. No two decoded values share
// a byte of the copy, so writing to a decoded []byte changes no string.
func StartArena(src []byte) (buf []byte, text string) {
	if len(src) == 0 {
		return nil, ""
	}
	buf = make([]byte, len(src))
	copy(buf, src)
	return buf, alias(buf)
}

// arenaFront is the longest input that is copied whole when nobody knows where
// the value ends.
const arenaFront = 256

// alias is b as a string without a copy. It is sound only where nothing writes
// to bytes of b that have been handed out as a string.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Descend counts one more level of a recursive type; Ascend counts it back once
// the value has been read. After an error nothing is counted back.
func (d *Decoder) Descend(p int) error {
	if d.depth < 0 {
		return readError(p, ErrLimit, "nested more than %d deep", d.most)
	}
	d.depth--
	return nil
}

// Ascend is the end of Descend.
func (d *Decoder) Ascend() { d.depth++ }

// Reset is what a field holds before its items are read: nothing, or its own
// room when the decoding reuses it.
func Reset[T any](d *Decoder, s []T) []T {
	if d.reuse {
		return s[:0]
	}
	return nil
}

// ResetMap is Reset for maps.
func ResetMap[V any](d *Decoder, m map[string]V) map[string]V {
	if d.reuse {
		clear(m)
		return m
	}
	return nil
}

// ResetPointer is a new zero value, or the old one when the decoding reuses it.
func ResetPointer[T any](d *Decoder, v *T) *T {
	if d.reuse && v != nil {
		return v
	}
	return new(T)
}
