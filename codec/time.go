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
	if s := t.Unix(); s < safeSeconds && s > -safeSeconds {
		return AppendLong(dst, s*1_000+int64(t.Nanosecond())/1_000_000), nil
	}
	return appendFarTime(dst, t, 1_000, "timestamp-millis")
}

// AppendTimestampMicros appends a timestamp-micros. A time that 64 bits of
// microseconds cannot hold (before the year -290308 or after 294247) is
// ErrRange.
func AppendTimestampMicros(dst []byte, t time.Time) ([]byte, error) {
	if s := t.Unix(); s < safeSeconds && s > -safeSeconds {
		return AppendLong(dst, s*1_000_000+int64(t.Nanosecond())/1_000), nil
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
	v, q, err := ReadLong(src, p)
	if err != nil {
		return time.Time{}, p, err
	}
	return time.UnixMilli(v).UTC(), q, nil
}

// ReadTimestampMicros reads a timestamp-micros.
func ReadTimestampMicros(src []byte, p int) (time.Time, int, error) {
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
	_, offset := t.Zone()
	seconds := t.Unix() + int64(offset)
	days := seconds / secondsPerDay
	if seconds%secondsPerDay < 0 {
		days--
	}
	if days != int64(int32(days)) {
		return dst, rangeError("time in year %d as date", t.Year())
	}
	return AppendLong(dst, days), nil
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
