package codec

import (
	"math"
	"time"
)

// Time in Go is finer than in Avro: a time is cut to the unit of its field,
// always towards the past, so that times keep their order. Decoded times are
// UTC.

// safeSeconds is how far from 1970 a time may be for its microseconds to fit
// 64 bits with room to spare: some 285,000 years.
const safeSeconds = 9e12

// AppendTimestampMillis appends a timestamp-millis. A time that 64 bits of
// milliseconds cannot hold is ErrRange.
func AppendTimestampMillis(dst []byte, t time.Time) ([]byte, error) {
	if s := t.Unix(); uint64(s+safeSeconds) < 2*safeSeconds {
		v := s*1_000 + int64(t.Nanosecond())/1_000_000
		if u := uint64(v) << 1; u>>35 != 0 && u>>42 == 0 {
			// Years 1970 to 2039: six bytes at once save a quarter of the time.
			return append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14)|0x80,
				byte(u>>21)|0x80, byte(u>>28)|0x80, byte(u>>35)), nil
		}
		return AppendLong(dst, v), nil
	}
	return appendFarTime(dst, t, 1_000, "timestamp-millis")
}

// AppendTimestampMicros appends a timestamp-micros. A time that 64 bits of
// microseconds cannot hold (before the year -290308 or after 294247) is
// ErrRange.
func AppendTimestampMicros(dst []byte, t time.Time) ([]byte, error) {
	if s := t.Unix(); uint64(s+safeSeconds) < 2*safeSeconds {
		v := s*1_000_000 + int64(t.Nanosecond())/1_000
		if u := uint64(v) << 1; u>>49 != 0 && u>>56 == 0 {
			// Years 1978 to 3111, in eight bytes.
			return append(dst, byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14)|0x80, byte(u>>21)|0x80,
				byte(u>>28)|0x80, byte(u>>35)|0x80, byte(u>>42)|0x80, byte(u>>49)), nil
		}
		return AppendLong(dst, v), nil
	}
	return appendFarTime(dst, t, 1_000_000, "timestamp-micros")
}

// appendFarTime appends a time in units of 1/perSecond seconds since 1970 if
// that fits.
func appendFarTime(dst []byte, t time.Time, perSecond int64, logical string) ([]byte, error) {
	seconds := t.Unix()
	units := int64(t.Nanosecond()) / (int64(time.Second) / perSecond)
	if seconds < 0 {
		// Counting back from the next second keeps the sum in range for the
		// earliest times.
		seconds++
		units -= perSecond
	}
	v := seconds * perSecond
	if v/perSecond != seconds || (units < 0 && v < math.MinInt64-units) || (units > 0 && v > math.MaxInt64-units) {
		return dst, rangeError("time in year %d as %s", t.Year(), logical)
	}
	return AppendLong(dst, v+units), nil
}

// ReadTimestampMillis reads a timestamp-millis.
func ReadTimestampMillis(src []byte, p int) (time.Time, int, error) {
	if len(src)-p >= 6 {
		b := (*[6]byte)(src[p:])
		if b[0]&b[1]&b[2]&b[3]&b[4]&^b[5] >= 0x80 && b[0]&1 == 0 {
			// Six bytes, none of them negative: years 1970 to 2039, as when written.
			u := uint64(b[0]&0x7f) | uint64(b[1]&0x7f)<<7 | uint64(b[2]&0x7f)<<14 |
				uint64(b[3]&0x7f)<<21 | uint64(b[4]&0x7f)<<28 | uint64(b[5])<<35
			seconds := u / 2_000
			return time.Unix(int64(seconds), int64(u/2-seconds*1_000)*1_000_000).UTC(), p + 6, nil
		}
	}
	v, q, err := ReadLong(src, p)
	if err != nil {
		return time.Time{}, p, err
	}
	return time.UnixMilli(v).UTC(), q, nil
}

// ReadTimestampMicros reads a timestamp-micros.
func ReadTimestampMicros(src []byte, p int) (time.Time, int, error) {
	if len(src)-p >= 8 {
		b := (*[8]byte)(src[p:])
		if b[0]&b[1]&b[2]&b[3]&b[4]&b[5]&b[6]&^b[7] >= 0x80 && b[0]&1 == 0 {
			// Eight bytes: years 1978 to 3111.
			u := uint64(b[0]&0x7f) | uint64(b[1]&0x7f)<<7 | uint64(b[2]&0x7f)<<14 | uint64(b[3]&0x7f)<<21 |
				uint64(b[4]&0x7f)<<28 | uint64(b[5]&0x7f)<<35 | uint64(b[6]&0x7f)<<42 | uint64(b[7])<<49
			seconds := u / 2_000_000
			return time.Unix(int64(seconds), int64(u/2-seconds*1_000_000)*1_000).UTC(), p + 8, nil
		}
	}
	v, q, err := ReadLong(src, p)
	if err != nil {
		return time.Time{}, p, err
	}
	return time.UnixMicro(v).UTC(), q, nil
}

const secondsPerDay = 24 * 60 * 60

// AppendDate appends a date: the calendar day that t shows in its own
// location. A day that 32 bits cannot count is ErrRange.
func AppendDate(dst []byte, t time.Time) ([]byte, error) {
	days := dayOf(t)
	if days != int64(int32(days)) {
		return dst, rangeError("time in year %d as date", t.Year())
	}
	return AppendLong(dst, days), nil
}

// dayOf counts the days from 1970-01-01 to the one that t shows in its own
// location.
func dayOf(t time.Time) int64 {
	_, offset := t.Zone()
	seconds := t.Unix() + int64(offset)
	days := seconds / secondsPerDay
	if seconds%secondsPerDay < 0 {
		days--
	}
	return days
}

// ReadDate reads a date as midnight UTC of that day.
func ReadDate(src []byte, p int) (time.Time, int, error) {
	v, q, err := ReadInt(src, p)
	if err != nil {
		return time.Time{}, p, err
	}
	return DateOf(v), q, nil
}

// DateOf is midnight UTC of the day that is so many days after 1970-01-01.
func DateOf(days int32) time.Time { return time.Unix(int64(days)*secondsPerDay, 0).UTC() }
