package codec

import "time"

// nanoSeconds is how far from 1970 a time may be, in seconds, for its
// nanoseconds to fit 64 bits with room to spare.
const nanoSeconds = 9e9

// AppendTimestampNanos appends a timestamp-nanos. A time that 64 bits of
// nanoseconds cannot hold, which is one before 1677-09-21 or after 2262-04-11,
// is ErrRange: so is the zero time.
func AppendTimestampNanos(dst []byte, t time.Time) ([]byte, error) {
	if s := t.Unix(); s < nanoSeconds && s > -nanoSeconds {
		return AppendLong(dst, s*1_000_000_000+int64(t.Nanosecond())), nil
	}
	return appendFarTime(dst, t, 1_000_000_000, "timestamp-nanos")
}

// ReadTimestampNanos reads a timestamp-nanos, in UTC.
func ReadTimestampNanos(src []byte, p int) (time.Time, int, error) {
	v, q, err := ReadLong(src, p)
	if err != nil {
		return time.Time{}, p, err
	}
	return time.Unix(0, v).UTC(), q, nil
}
