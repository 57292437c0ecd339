package codec

import "time"

// A local timestamp is what a calendar and a clock on the wall show, in no
// particular zone. A time.Time stands for the one that it shows in its own
// location; decoded ones show it in UTC. Cutting to a field's unit is as for all
// times: towards the past.

// wallClock is the time that shows in UTC what t shows in its own location.
func wallClock(t time.Time) time.Time {
	_, offset := t.Zone()
	if offset == 0 {
		return t
	}
	return time.Unix(t.Unix()+int64(offset), int64(t.Nanosecond())).UTC()
}

// EqualLocal reports whether a and b show the same date and time of day, each in
// its own location.
func EqualLocal(a, b time.Time) bool {
	a, b = wallClock(a), wallClock(b)
	return a.Unix() == b.Unix() && a.Nanosecond() == b.Nanosecond()
}

// EqualDate reports whether a and b show the same calendar day, each in its own
// location.
func EqualDate(a, b time.Time) bool { return dayOf(a) == dayOf(b) }

// AppendLocalTimestampMillis appends a local-timestamp-millis: the wall clock
// that t shows in its own location. One that 64 bits of milliseconds cannot hold
// is ErrRange.
func AppendLocalTimestampMillis(dst []byte, t time.Time) ([]byte, error) {
	dst, err := AppendTimestampMillis(dst, wallClock(t))
	if err != nil {
		return dst, localError(t, "local-timestamp-millis")
	}
	return dst, nil
}

// AppendLocalTimestampMicros appends a local-timestamp-micros: the wall clock
// that t shows in its own location. One that 64 bits of microseconds cannot hold
// (before the year -290308 or after 294247) is ErrRange.
func AppendLocalTimestampMicros(dst []byte, t time.Time) ([]byte, error) {
	dst, err := AppendTimestampMicros(dst, wallClock(t))
	if err != nil {
		return dst, localError(t, "local-timestamp-micros")
	}
	return dst, nil
}

// AppendLocalTimestampNanos appends a local-timestamp-nanos: the wall clock that
// t shows in its own location. One that 64 bits of nanoseconds cannot hold,
// which is one before 1677-09-21 or after 2262-04-11, is ErrRange.
func AppendLocalTimestampNanos(dst []byte, t time.Time) ([]byte, error) {
	dst, err := AppendTimestampNanos(dst, wallClock(t))
	if err != nil {
		return dst, localError(t, "local-timestamp-nanos")
	}
	return dst, nil
}

func localError(t time.Time, logical string) error {
	return rangeError("time in year %d as %s", t.Year(), logical)
}

// ReadLocalTimestampMillis reads a local-timestamp-millis as that wall clock in
// UTC.
func ReadLocalTimestampMillis(src []byte, p int) (time.Time, int, error) {
	return ReadTimestampMillis(src, p)
}

// ReadLocalTimestampMicros reads a local-timestamp-micros as that wall clock in
// UTC.
func ReadLocalTimestampMicros(src []byte, p int) (time.Time, int, error) {
	return ReadTimestampMicros(src, p)
}

// ReadLocalTimestampNanos reads a local-timestamp-nanos as that wall clock in
// UTC.
func ReadLocalTimestampNanos(src []byte, p int) (time.Time, int, error) {
	return ReadTimestampNanos(src, p)
}
