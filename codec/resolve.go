package codec

// EnterUnion reads the branch of a writer's union and gives the node of the
// value that follows. A branch that the reader cannot take is ErrUnresolved.
func EnterUnion(src []byte, p int, at *Node) (*Node, int, error) {
	var v int
	q := p + 1
	if p < len(src) && src[p]&0x81 == 0 && int(src[p]>>1) < len(at.Branches) {
		v = int(src[p] >> 1)
	} else {
		var err error
		if v, q, err = readIndex(src, p, len(at.Branches), "union branch %d of %d"); err != nil {
			return nil, p, err
		}
	}
	branch := at.Branches[v]
	if branch.Unreadable != "" {
		return nil, p, readError(p, ErrUnresolved, "%s", branch.Unreadable)
	}
	return branch, q, nil
}

// PromoteFloat reads a writer's int, long or float as a float. Numbers of more
// than 24 bits are rounded to the nearest.
func PromoteFloat(src []byte, p int, from Kind) (float32, int, error) {
	if from == KindFloat {
		return ReadFloat(src, p)
	}
	v, q, err := readWhole(src, p, from)
	return float32(v), q, err
}

// PromoteDouble reads a writer's int, long, float or double as a double.
// Numbers of more than 53 bits are rounded to the nearest.
func PromoteDouble(src []byte, p int, from Kind) (float64, int, error) {
	switch from {
	case KindDouble:
		return ReadDouble(src, p)
	case KindFloat:
		v, q, err := ReadFloat(src, p)
		return float64(v), q, err
	default:
		v, q, err := readWhole(src, p, from)
		return float64(v), q, err
	}
}

// readWhole reads a writer's int or long. Where a long is wanted, generated code
// calls ReadLong for both: an int of more than 32 bits, which no right writer
// makes, is then the long that its bytes are.
func readWhole(src []byte, p int, from Kind) (int64, int, error) {
	if from == KindLong {
		return ReadLong(src, p)
	}
	v, q, err := ReadInt(src, p)
	return int64(v), q, err
}

// ResolveEnum reads an ordinal of the writer's enum as one of the reader's. A
// symbol that the reader does not have, when its enum has no default, is
// ErrUnresolved.
func ResolveEnum[T ~int](src []byte, p int, at *Node) (T, int, error) {
	v, q, err := readIndex(src, p, len(at.Symbols), "enum ordinal %d of %d symbols")
	if err != nil {
		return 0, p, err
	}
	if at.Symbols[v] < 0 {
		return 0, p, readError(p, ErrUnresolved, "the reader has no symbol %s and no default", at.Names[v])
	}
	return T(at.Symbols[v]), q, nil
}
