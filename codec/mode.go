package codec

import "unsafe"

// Arena copies src once. Strings and bytes that are then decoded from buf and
// text point into that copy: one allocation a message, which lives as long as
// any of its parts is referenced. It is what UnmarshalAvro uses.
//
// Read functions take both: a string is cut from text, bytes from buf. No two
// values share a byte of the copy, so writing to a decoded []byte changes no
// string.
func Arena(src []byte) (buf []byte, text string) {
	if len(src) == 0 {
		return nil, ""
	}
	buf = make([]byte, len(src))
	copy(buf, src)
	return buf, alias(buf)
}

// arenaFront is the longest input that ArenaFront copies whole.
const arenaFront = 4096

// ArenaFront prepares src for DecodeAvro, which cannot know where the value
// ends: a short input is copied like Arena does, of a long one every string is
// copied by itself, so that taking many values off one long buffer costs time
// and memory in proportion to the buffer.
func ArenaFront(src []byte) (buf []byte, text string) {
	if len(src) > arenaFront {
		return Copied(src)
	}
	return Arena(src)
}

// Aliased makes decoded strings and bytes point into src itself. The caller
// must not change src while any part of the value is in use.
func Aliased(src []byte) (buf []byte, text string) {
	return src, alias(src)
}

// Copied makes every decoded string and []byte an allocation of its own, so
// that keeping a small part of a large message keeps only that part.
func Copied(src []byte) (buf []byte, text string) { return src, "" }

// alias is b as a string without a copy. It is sound only where nothing writes
// to bytes of b that have been handed out as a string.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
