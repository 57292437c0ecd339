package hand

// Decode reads the only value in src, which evolve's writer wrote, into a new
// slice. It is made for exactly that pair of schemas.
func (r *Evo) Decode(src []byte, mode Mode) error {
	r.Tags = nil
	return r.DecodeReuse(src, mode)
}

// DecodeReuse is Decode into the slice that r has.
func (r *Evo) DecodeReuse(src []byte, mode Mode) error {
	src, text := input(src, mode)
	p, err := r.decode(src, text)
	return done(src, p, err)
}

func (r *Evo) decode(src []byte, text string) (p int, err error) {
	if r.ID, p, err = readLong(src, 0); err != nil {
		return p, err
	}
	n, p, err := readLength(src, p) // legacy
	if err != nil {
		return p, err
	}
	count, p, err := readInt(src, p+n)
	if err != nil {
		return p, err
	}
	r.Count = int64(count)
	if r.Name, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.Score, p, err = readDouble(src, p); err != nil {
		return p, err
	}
	if p, err = skipLongs(src, p); err != nil { // legacy_map
		return p, err
	}
	r.Tags, p, err = readStrings(r.Tags[:0], src, text, p)
	r.Region, r.Note = "eu-west-1", Opt[string]{}
	return p, err
}

// skipLongs passes over a map of longs.
func skipLongs(src []byte, p int) (int, error) {
	for {
		n, q, err := readCount(src, p, 2)
		if p = q; n == 0 || err != nil {
			return p, err
		}
		for range n {
			length, q, err := readLength(src, p)
			if err != nil {
				return p, err
			}
			if _, p, err = readLong(src, q+length); err != nil {
				return p, err
			}
		}
	}
}
