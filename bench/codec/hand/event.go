package hand

import "time"

// Append appends the value in Avro binary.
func (r *Event) Append(dst []byte) ([]byte, error) {
	if uint(r.Kind) > 5 {
		return dst, ErrOrdinal
	}
	dst = appendString(dst, r.EventID)
	dst = append(dst, byte(r.Kind<<1))
	dst = appendLong(dst, r.TenantID)
	dst = appendLong(dst, r.OccurredAt.UnixMicro())
	dst = appendString(dst, r.Source)
	dst = appendOptString(dst, &r.CorrelationID)
	dst = appendOptString(dst, &r.CausationID)
	dst = appendOptLong(dst, &r.UserID)
	dst = appendOptString(dst, &r.Session)
	dst = appendOptString(dst, &r.IP)
	dst = appendLong(dst, int64(r.Version))
	dst = appendLong(dst, int64(r.Priority))
	dst = appendBool(dst, r.IsTest)
	dst = appendDouble(dst, r.Score)
	dst = appendOptDouble(dst, &r.Ratio)
	dst = appendDecimal(dst, r.Amount)
	dst = appendString(dst, r.Currency)
	dst = appendLong(dst, r.Customer.ID)
	dst = appendString(dst, r.Customer.Name)
	dst = appendOptString(dst, &r.Customer.Email)
	dst = appendString(dst, r.Customer.Country)
	dst = appendBool(dst, r.Customer.VIP)
	if len(r.Items) > 0 {
		dst = appendLong(dst, int64(len(r.Items)))
		for i := range r.Items {
			item := &r.Items[i]
			dst = appendString(dst, item.SKU)
			dst = appendLong(dst, int64(item.Qty))
			dst = appendLong(dst, item.UnitPrice)
			dst = appendString(dst, item.Title)
			dst = appendOptDouble(dst, &item.Discount)
		}
	}
	dst = append(dst, 0)
	if len(r.Attributes) > 0 {
		dst = appendLong(dst, int64(len(r.Attributes)))
		for k, v := range r.Attributes {
			dst = appendString(dst, k)
			dst = appendString(dst, v)
		}
	}
	dst = append(dst, 0)
	dst = appendOptString(dst, &r.Note)
	return appendOptMicros(dst, &r.UpdatedAt), nil
}

// Decode reads the only value in src into new slices and maps.
func (r *Event) Decode(src []byte, mode Mode) error {
	r.Items, r.Attributes = nil, nil
	return r.DecodeReuse(src, mode)
}

// DecodeReuse is Decode into the slice and the map that r has.
func (r *Event) DecodeReuse(src []byte, mode Mode) error {
	src, text := input(src, mode)
	p, err := r.decode(src, text)
	return done(src, p, err)
}

func (r *Event) decode(src []byte, text string) (p int, err error) {
	if r.EventID, p, err = readString(src, text, 0); err != nil {
		return p, err
	}
	kind, p, err := readLong(src, p)
	if err != nil {
		return p, err
	}
	if uint64(kind) > 5 {
		return p, ErrMalformed
	}
	r.Kind = EventKind(kind)
	if r.TenantID, p, err = readLong(src, p); err != nil {
		return p, err
	}
	if r.OccurredAt, p, err = readMicros(src, p); err != nil {
		return p, err
	}
	if r.Source, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.CorrelationID, p, err = readOptString(src, text, p); err != nil {
		return p, err
	}
	if r.CausationID, p, err = readOptString(src, text, p); err != nil {
		return p, err
	}
	if r.UserID, p, err = readOptLong(src, p); err != nil {
		return p, err
	}
	if r.Session, p, err = readOptString(src, text, p); err != nil {
		return p, err
	}
	if r.IP, p, err = readOptString(src, text, p); err != nil {
		return p, err
	}
	if r.Version, p, err = readInt(src, p); err != nil {
		return p, err
	}
	if r.Priority, p, err = readInt(src, p); err != nil {
		return p, err
	}
	if r.IsTest, p, err = readBool(src, p); err != nil {
		return p, err
	}
	if r.Score, p, err = readDouble(src, p); err != nil {
		return p, err
	}
	if r.Ratio, p, err = readOptDouble(src, p); err != nil {
		return p, err
	}
	if r.Amount, p, err = readDecimal(src, p); err != nil {
		return p, err
	}
	if r.Currency, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if p, err = r.Customer.decode(src, text, p); err != nil {
		return p, err
	}
	if p, err = r.decodeItems(src, text, p); err != nil {
		return p, err
	}
	if p, err = r.decodeAttributes(src, text, p); err != nil {
		return p, err
	}
	if r.Note, p, err = readOptString(src, text, p); err != nil {
		return p, err
	}
	set, p, err := readSet(src, p)
	r.UpdatedAt = Opt[time.Time]{Set: set}
	if !set || err != nil {
		return p, err
	}
	r.UpdatedAt.Value, p, err = readMicros(src, p)
	return p, err
}

func (r *Customer) decode(src []byte, text string, p int) (_ int, err error) {
	if r.ID, p, err = readLong(src, p); err != nil {
		return p, err
	}
	if r.Name, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.Email, p, err = readOptString(src, text, p); err != nil {
		return p, err
	}
	if r.Country, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	r.VIP, p, err = readBool(src, p)
	return p, err
}

func (r *Event) decodeItems(src []byte, text string, p int) (int, error) {
	r.Items = r.Items[:0]
	for {
		n, q, err := readCount(src, p, 5)
		if p = q; n == 0 || err != nil {
			return p, err
		}
		i := len(r.Items)
		r.Items = grow(r.Items, n)
		for ; i < len(r.Items); i++ {
			if p, err = r.Items[i].decode(src, text, p); err != nil {
				return p, err
			}
		}
	}
}

func (r *Item) decode(src []byte, text string, p int) (_ int, err error) {
	if r.SKU, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	if r.Qty, p, err = readInt(src, p); err != nil {
		return p, err
	}
	if r.UnitPrice, p, err = readLong(src, p); err != nil {
		return p, err
	}
	if r.Title, p, err = readString(src, text, p); err != nil {
		return p, err
	}
	r.Discount, p, err = readOptDouble(src, p)
	return p, err
}

// mapHint bounds the room that is made before the entries are read.
const mapHint = 1024

func (r *Event) decodeAttributes(src []byte, text string, p int) (int, error) {
	clear(r.Attributes)
	for {
		n, q, err := readCount(src, p, 2)
		if p = q; n == 0 || err != nil {
			return p, err
		}
		if r.Attributes == nil {
			r.Attributes = make(map[string]string, min(n, mapHint))
		}
		for range n {
			var k, v string
			if k, p, err = readString(src, text, p); err != nil {
				return p, err
			}
			if v, p, err = readString(src, text, p); err != nil {
				return p, err
			}
			r.Attributes[k] = v
		}
	}
}
