package hand

// Append appends the value in Avro binary.
func (r *Strings) Append(dst []byte) ([]byte, error) {
	dst = appendString(dst, r.A)
	dst = appendString(dst, r.B)
	dst = appendString(dst, r.C)
	dst = appendString(dst, r.D)
	dst = appendString(dst, r.E)
	dst = appendString(dst, r.F)
	dst = appendString(dst, r.G)
	dst = appendString(dst, r.H)
	if len(r.Tags) > 0 {
		dst = appendLong(dst, int64(len(r.Tags)))
		for _, tag := range r.Tags {
			dst = appendString(dst, tag)
		}
	}
	return append(dst, 0), nil
}

// Decode reads the only value in src into new slices.
func (r *Strings) Decode(src []byte, mode Mode) error {
	r.Tags = nil
	return r.DecodeReuse(src, mode)
}

// DecodeReuse is Decode into the slice that r has.
func (r *Strings) DecodeReuse(src []byte, mode Mode) error {
	src, text := input(src, mode)
	p, err := r.decode(src, text)
	return done(src, p, err)
}

func (r *Strings) decode(src []byte, text string) (p int, err error) {
	if r.A, p, err = readString(src, text, 0); err != nil {
		return p, err
	}
	if r.B, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.C, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.D, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.E, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.F, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.G, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.H, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	r.Tags, p, err = readStrings(r.Tags[:0], src, text, p)
	return p, err
}
