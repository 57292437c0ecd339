package hand

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"
)

// appendLong appends an int or long. It fits the inliner's budget exactly.
func appendLong(dst []byte, v int64) []byte {
	if uint64(v+64) < 128 {
		return append(dst, byte(v<<1^v>>63))
	}
	return appendVarint(dst, v)
}

// appendVarint appends a varint of two bytes or more.
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

func appendString(dst []byte, s string) []byte {
	if len(s) < 64 {
		dst = append(dst, byte(len(s)<<1))
		return append(dst, s...)
	}
	dst = appendVarint(dst, int64(len(s)))
	return append(dst, s...)
}

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendDouble(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

func appendOptString(dst []byte, o *Opt[string]) []byte {
	if !o.Set {
		return append(dst, 0)
	}
	if len(o.Value) < 64 {
		dst = append(dst, 2, byte(len(o.Value)<<1))
		return append(dst, o.Value...)
	}
	return appendString(append(dst, 2), o.Value)
}

func appendOptLong(dst []byte, o *Opt[int64]) []byte {
	if !o.Set {
		return append(dst, 0)
	}
	return appendLong(append(dst, 2), o.Value)
}

func appendOptDouble(dst []byte, o *Opt[float64]) []byte {
	if !o.Set {
		return append(dst, 0)
	}
	return appendDouble(append(dst, 2), o.Value)
}

func appendOptMicros(dst []byte, o *Opt[time.Time]) []byte {
	if !o.Set {
		return append(dst, 0)
	}
	return appendLong(append(dst, 2), o.Value.UnixMicro())
}

// appendDecimal appends a decimal held in bytes, in the fewest bytes.
func appendDecimal(dst []byte, d Decimal) []byte {
	n := (64-bits.LeadingZeros64(uint64(d^d>>63)))/8 + 1
	dst = append(dst, byte(n<<1))
	return append(dst, binary.BigEndian.AppendUint64(nil, uint64(d))[8-n:]...)
}
