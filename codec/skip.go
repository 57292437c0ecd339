package codec

import "math"

// Skip passes over a value of the writer's that the reader does not want. It
// checks lengths, counts and branches, and nothing else; blocks that bring their
// size it does not look into. Values that always take
// the same number of bytes are passed at once, records too.
func Skip(src []byte, p int, at *Node, d *Decoder) (int, error) {
	if at.Size > 0 {
		if len(src)-p < at.Size {
			return p, readError(p, ErrTruncated, "%s of %d bytes, %d are left", at.Kind, at.Size, len(src)-p)
		}
		return p + at.Size, nil
	}
	switch at.Kind {
	case KindNull, KindBoolean, KindFloat, KindDouble, KindFixed:
		return p, nil // of no bytes
	case KindInt, KindLong, KindEnum:
		return skipVarint(src, p)
	case KindBytes, KindString:
		return skipText(src, p, at.Kind)
	case KindRecord:
		return skipRecord(src, p, at, d)
	case KindArray, KindMap:
		return skipBlocks(src, p, at, d)
	default:
		v, q, err := readIndex(src, p, len(at.Branches), "union branch %d of %d")
		if err != nil {
			return p, err
		}
		return Skip(src, q, at.Branches[v], d)
	}
}

func skipRecord(src []byte, p int, at *Node, d *Decoder) (int, error) {
	if at.Recursive {
		if err := d.Descend(p); err != nil {
			return p, err
		}
		defer d.Ascend()
	}
	for i := range at.Steps {
		s := &at.Steps[i]
		q, err := Skip(src, p, s.Node, d)
		if err != nil {
			return p, prepend(err, s.Name)
		}
		p = q
	}
	return p, nil
}

func skipVarint(src []byte, p int) (int, error) {
	const safe = 9 // bytes of which none can be one too many
	for q := p; q < len(src) && q < p+safe; q++ {
		if src[q] < 0x80 {
			return q + 1, nil
		}
	}
	_, q, err := ReadLong(src, p)
	return q, err
}

func skipText(src []byte, p int, kind Kind) (int, error) {
	if q := shortText(src, p); q > 0 {
		return q, nil
	}
	n, q, err := readLength(src, p, kind.String())
	if err != nil {
		return p, err
	}
	return q + n, nil
}

// skipBlocks passes over an array or a map: blocks that bring their size in
// bytes at once, without a look at what is in them, others item by item.
func skipBlocks(src []byte, p int, at *Node, d *Decoder) (int, error) {
	least := at.Item.Least
	if at.Kind == KindMap {
		least++
	}
	have := 0
	for {
		n, q, sized, err := d.skipHead(src, p, least)
		if err != nil {
			return p, err
		}
		p = q
		switch {
		case n == 0:
			return p, nil
		case sized:
		case at.Kind == KindMap:
			p, err = skipEntries(src, p, n, at.Item, d)
		case at.Item.Size > 0 && at.Item.Size == at.Item.Least:
			p += n * at.Item.Size // n has been compared with the bytes that are left
		default:
			for i := 0; i < n && err == nil; i++ {
				if p, err = Skip(src, p, at.Item, d); err != nil {
					err = AtIndex(err, have+i)
				}
			}
		}
		if err != nil {
			return p, err
		}
		have += n
	}
}

// skipEntries passes over so many entries of a map. Short keys and numbers take
// no call.
func skipEntries(src []byte, p, n int, item *Node, d *Decoder) (int, error) {
	number := item.Kind == KindInt || item.Kind == KindLong
	for range n {
		key := p
		var err error
		if q := shortText(src, p); q > 0 {
			p = q
		} else if p, err = skipText(src, p, KindString); err != nil {
			return p, err
		}
		if number && p < len(src) && src[p] < 0x80 {
			p++
			continue
		}
		if p, err = Skip(src, p, item, d); err != nil {
			name, _, _ := ReadString(src, "", key) // it was there a moment ago
			return p, AtKey(err, name)
		}
	}
	return p, nil
}

// shortText is the end of a text whose length is one byte and which is there;
// else 0.
func shortText(src []byte, p int) int {
	if p < len(src) && src[p]&0x81 == 0 {
		if q := p + 1 + int(src[p]>>1); q <= len(src) {
			return q
		}
	}
	return 0
}

// skipHead reads the head of a block of n items; sized tells that q is behind the
// block.
func (d *Decoder) skipHead(src []byte, p, least int) (n, q int, sized bool, err error) {
	if p < len(src) && src[p]&1 == 0 { // a count that is not negative
		n, q, err = d.Block(src, p, least)
		return n, q, false, err
	}
	if v, q, err := ReadLong(src, p); err == nil && v != math.MinInt64 {
		if size, end, err := ReadLong(src, q); err == nil && size >= 0 && size <= int64(len(src)-end) {
			return int(min(-v, math.MaxInt32)), end + int(size), true, nil
		}
	}
	// Wrong sizes are as they are for reading.
	n, q, err = d.Block(src, p, least)
	return n, q, false, err
}
