package codec

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// Duration is the Go form of the logical type duration: a count of months, one
// of days and one of milliseconds, which are not converted into each other,
// because months and days differ in length. Durations are comparable with ==,
// which compares the three counts.
type Duration struct {
	Months, Days, Milliseconds uint32
}

// durationSize is the length of the fixed that holds a duration, in bytes.
const durationSize = 12

// String is the duration in the form of ISO 8601: P14M3DT4.005S. Months are not
// made years, nor seconds minutes. No duration at all is PT0S.
func (d Duration) String() string {
	if d == (Duration{}) {
		return "PT0S"
	}
	b := append(make([]byte, 0, 40), 'P')
	if d.Months > 0 {
		b = append(strconv.AppendUint(b, uint64(d.Months), 10), 'M')
	}
	if d.Days > 0 {
		b = append(strconv.AppendUint(b, uint64(d.Days), 10), 'D')
	}
	if d.Milliseconds == 0 {
		return string(b)
	}
	b = strconv.AppendUint(append(b, 'T'), uint64(d.Milliseconds/1000), 10)
	if millis := uint64(d.Milliseconds % 1000); millis > 0 {
		digits := strconv.FormatUint(1000+millis, 10)[1:]
		b = append(append(b, '.'), strings.TrimRight(digits, "0")...)
	}
	return string(append(b, 'S'))
}

// AppendDuration appends a duration: three counts of four bytes, little endian.
func AppendDuration(dst []byte, d Duration) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, d.Months)
	dst = binary.LittleEndian.AppendUint32(dst, d.Days)
	return binary.LittleEndian.AppendUint32(dst, d.Milliseconds)
}

// ReadDuration reads a duration.
func ReadDuration(src []byte, p int) (Duration, int, error) {
	if len(src)-p < durationSize {
		return Duration{}, p, truncated(p, "duration")
	}
	b := src[p : p+durationSize]
	return Duration{
		Months:       binary.LittleEndian.Uint32(b),
		Days:         binary.LittleEndian.Uint32(b[4:]),
		Milliseconds: binary.LittleEndian.Uint32(b[8:]),
	}, p + durationSize, nil
}
