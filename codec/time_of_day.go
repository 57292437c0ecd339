package codec

import "time"

// A time of day is the time since midnight, from 0 to below 24 hours: a
// time.Duration in Go. Like all times it is cut to the unit of its field, which
// for these is towards midnight. It knows no date and no zone.

const day = 24 * time.Hour

// AppendTimeMillis appends a time-millis. A time that is not within 0 to 24
// hours is ErrRange; what is less than a millisecond is cut off.
func AppendTimeMillis(dst []byte, d time.Duration) ([]byte, error) {
	if uint64(d) >= uint64(day) {
		return dst, timeOfDayError(d, "time-millis")
	}
	return AppendLong(dst, int64(d/time.Millisecond)), nil
}

// AppendTimeMicros appends a time-micros. A time that is not within 0 to 24
// hours is ErrRange; what is less than a microsecond is cut off.
func AppendTimeMicros(dst []byte, d time.Duration) ([]byte, error) {
	if uint64(d) >= uint64(day) {
		return dst, timeOfDayError(d, "time-micros")
	}
	return AppendLong(dst, int64(d/time.Microsecond)), nil
}

func timeOfDayError(d time.Duration, logical string) error {
	return rangeError("%v as %s, which is within 0 to 24h", d, logical)
}

// ReadTimeMillis reads a time-millis; one outside 0 to 24 hours is ErrMalformed.
func ReadTimeMillis(src []byte, p int) (time.Duration, int, error) {
	v, q, err := ReadInt(src, p)
	if err == nil && uint32(v) >= uint32(day/time.Millisecond) {
		err = readError(p, ErrMalformed, "time-millis %d is not within a day", v)
	}
	if err != nil {
		return 0, p, err
	}
	return time.Duration(v) * time.Millisecond, q, nil
}

// ReadTimeMicros reads a time-micros; one outside 0 to 24 hours is ErrMalformed.
func ReadTimeMicros(src []byte, p int) (time.Duration, int, error) {
	v, q, err := ReadLong(src, p)
	if err == nil && uint64(v) >= uint64(day/time.Microsecond) {
		err = readError(p, ErrMalformed, "time-micros %d is not within a day", v)
	}
	if err != nil {
		return 0, p, err
	}
	return time.Duration(v) * time.Microsecond, q, nil
}
