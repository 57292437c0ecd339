package hand

import "time"

// Append appends the value in Avro binary.
func (r *Small) Append(dst []byte) ([]byte, error) {
	dst = appendLong(dst, r.ID)
	dst = appendString(dst, r.UUID)
	dst = appendLong(dst, int64(r.Count))
	dst = appendBool(dst, r.Active)
	dst = appendDouble(dst, r.Score)
	return appendLong(dst, r.TS.UnixMilli()), nil
}

// Decode reads the only value in src.
func (r *Small) Decode(src []byte, mode Mode) error {
	src, text := input(src, mode)
	p, err := r.decode(src, text)
	return done(src, p, err)
}

func (r *Small) decode(src []byte, text string) (p int, err error) {
	if r.ID, p, err = readLong(src, 0); err != nil {
		return p, err
	}
	if r.UUID, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.Count, p, err = readInt(src, p); err != nil {
		return p, err
	}
	if r.Active, p, err = readBool(src, p); err != nil {
		return p, err
	}
	if r.Score, p, err = readDouble(src, p); err != nil {
		return p, err
	}
	ts, p, err := readLong(src, p)
	r.TS = time.UnixMilli(ts).UTC()
	return p, err
}
