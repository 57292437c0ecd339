package hand

// Append appends the value in Avro binary.
func (r *Batch) Append(dst []byte) ([]byte, error) {
	dst = appendString(dst, r.BatchID)
	if len(r.Entries) > 0 {
		dst = appendLong(dst, int64(len(r.Entries)))
		for i := range r.Entries {
			e := &r.Entries[i]
			dst = appendLong(dst, e.ID)
			dst = appendString(dst, e.Label)
			dst = appendDouble(dst, e.Value)
			dst = appendLong(dst, int64(e.Flags))
			dst = appendLong(dst, e.Meta.A)
			dst = appendLong(dst, int64(e.Meta.B))
			dst = appendOptLong(dst, &e.Meta.C)
		}
	}
	dst = append(dst, 0)
	return r.Root.append(dst), nil
}

func (r *Node) append(dst []byte) []byte {
	dst = appendLong(dst, r.ID)
	dst = appendString(dst, r.Label)
	if len(r.Children) > 0 {
		dst = appendLong(dst, int64(len(r.Children)))
		for i := range r.Children {
			dst = r.Children[i].append(dst)
		}
	}
	return append(dst, 0)
}

// Decode reads the only value in src into new slices.
func (r *Batch) Decode(src []byte, mode Mode) error {
	r.Entries, r.Root = nil, Node{}
	return r.DecodeReuse(src, mode)
}

// DecodeReuse is Decode into the slices that r has.
func (r *Batch) DecodeReuse(src []byte, mode Mode) error {
	src, text := input(src, mode)
	p, err := r.decode(src, text)
	return done(src, p, err)
}

func (r *Batch) decode(src []byte, text string) (p int, err error) {
	if r.BatchID, p, err = readString(src, text, 0); err != nil {
		return p, err
	}
	r.Entries = r.Entries[:0]
	for {
		n, q, err := readCount(src, p, 14)
		if p = q; err != nil {
			return p, err
		}
		if n == 0 {
			return r.Root.decode(src, text, p, 1)
		}
		i := len(r.Entries)
		r.Entries = grow(r.Entries, n)
		for ; i < len(r.Entries); i++ {
			if p, err = r.Entries[i].decode(src, text, p); err != nil {
				return p, err
			}
		}
	}
}

func (r *Entry) decode(src []byte, text string, p int) (_ int, err error) {
	if r.ID, p, err = readLong(src, p); err != nil {
		return p, err
	}
	if r.Label, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.Value, p, err = readDouble(src, p); err != nil {
		return p, err
	}
	if r.Flags, p, err = readInt(src, p); err != nil {
		return p, err
	}
	if r.Meta.A, p, err = readLong(src, p); err != nil {
		return p, err
	}
	if r.Meta.B, p, err = readInt(src, p); err != nil {
		return p, err
	}
	r.Meta.C, p, err = readOptLong(src, p)
	return p, err
}

func (r *Node) decode(src []byte, text string, p, depth int) (_ int, err error) {
	if depth > maxDepth {
		return p, ErrDepth
	}
	if r.ID, p, err = readLong(src, p); err != nil {
		return p, err
	}
	if r.Label, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	r.Children = r.Children[:0]
	for {
		n, q, err := readCount(src, p, 3)
		if p = q; n == 0 || err != nil {
			return p, err
		}
		i := len(r.Children)
		r.Children = grow(r.Children, n)
		for ; i < len(r.Children); i++ {
			if p, err = r.Children[i].decode(src, text, p, depth+1); err != nil {
				return p, err
			}
		}
	}
}
