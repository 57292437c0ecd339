package codec

import (
	"encoding/binary"
	"math"
)

// AppendLong appends an Avro int or long: zigzag, seven bits a byte. The test
// for one byte is written so that the function stays within the inliner's
// budget; most lengths, branches and small numbers take that way.
func AppendLong(dst []byte, v int64) []byte {
	if uint64(v+64) < 128 {
		return append(dst, byte(v<<1^v>>63))
	}
	return appendVarint(dst, v)
}

// AppendInt appends an Avro int.
func AppendInt(dst []byte, v int32) []byte { return AppendLong(dst, int64(v)) }

// appendVarint appends a varint of two bytes or more. A switch on the size is
// faster than a loop from three bytes on.
func appendVarint(dst []byte, v int64) []byte {
	u := uint64(v)<<1 ^ uint64(v>>63)
	switch {
	case u < 1<<14:
		return append(dst, byte(u)|0x80, byte(u>>7))
	case u < 1<<21:
		return append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14))
	case u < 1<<28:
		return append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14)|0x80, byte(u>>21))
	case u < 1<<35:
		return append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14)|0x80, byte(u>>21)|0x80, byte(u>>28))
	}
	dst = append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14)|0x80, byte(u>>21)|0x80, byte(u>>28)|0x80)
	u >>= 35
	switch {
	case u < 1<<7:
		return append(dst, byte(u))
	case u < 1<<14:
		return append(dst, byte(u)|0x80, byte(u>>7))
	case u < 1<<21:
		return append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14))
	case u < 1<<28:
		return append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14)|0x80, byte(u>>21))
	}
	return append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14)|0x80, byte(u>>21)|0x80, byte(u>>28))
}

// AppendBool appends an Avro boolean.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendFloat appends an Avro float.
func AppendFloat(dst []byte, v float32) []byte {
	return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
}

// AppendDouble appends an Avro double.
func AppendDouble(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

// AppendString appends an Avro string. The bytes are not checked to be UTF-8.
func AppendString(dst []byte, v string) []byte {
	// A length of one byte, where there is room: one check for both.
	p := len(dst)
	if q := p + 1 + len(v); len(v) < 64 && q <= cap(dst) {
		dst = dst[:q]
		dst[p] = byte(len(v) << 1)
		copy(dst[p+1:], v)
		return dst
	}
	return appendString(dst, v)
}

func appendString(dst []byte, v string) []byte {
	dst = AppendLong(dst, int64(len(v)))
	return append(dst, v...)
}

// AppendBytes appends Avro bytes.
func AppendBytes(dst []byte, v []byte) []byte {
	dst = AppendLong(dst, int64(len(v)))
	return append(dst, v...)
}

// AppendEnum appends an enum's ordinal; one outside 0 to symbols-1 is ErrRange.
func AppendEnum[T ~int](dst []byte, v T, symbols int) ([]byte, error) {
	if uint(v) < uint(min(symbols, 64)) {
		return append(dst, byte(v<<1)), nil
	}
	return appendEnum(dst, int(v), symbols)
}

func appendEnum(dst []byte, v, symbols int) ([]byte, error) {
	if uint(v) >= uint(symbols) {
		return dst, rangeError("enum ordinal %d of %d symbols", v, symbols)
	}
	return AppendLong(dst, int64(v)), nil
}
