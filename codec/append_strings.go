package codec

// AppendStrings appends an array of strings. The loop is here and not in
// generated code because a call an item is a fifth of the time.
func AppendStrings(dst []byte, items []string) []byte {
	if len(items) == 0 {
		return append(dst, 0)
	}
	dst = AppendCount(dst, len(items))
	for _, v := range items {
		// As in AppendString.
		p := len(dst)
		if q := p + 1 + len(v); len(v) < 64 && q <= cap(dst) {
			dst = dst[:q]
			dst[p] = byte(len(v) << 1)
			copy(dst[p+1:], v)
			continue
		}
		dst = appendString(dst, v)
	}
	return append(dst, 0)
}
