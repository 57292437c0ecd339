package table

// The loops below call a codec's method by its address, without a closure in
// between. They are not inlined, so that the compiler knows of no codec which
// method it is and puts every decoded value on the heap.

// encoding writes the same value n times into one buffer.
//
//go:noinline
func encoding[T any](v *T, f func(*T, []byte) ([]byte, error)) func(n int) error {
	var kept []byte
	return func(n int) error {
		v, buf := v, kept // in registers, not in the closure
		for range n {
			out, err := f(v, buf[:0])
			if err != nil {
				return err
			}
			buf = out
		}
		kept = buf
		return nil
	}
}

// decoding reads the same bytes n times, each time into a new value.
//
//go:noinline
func decoding[T any](src []byte, f func(*T, []byte) error) func(n int) error {
	return func(n int) error {
		for range n {
			if err := f(new(T), src); err != nil {
				return err
			}
		}
		return nil
	}
}

// redecoding reads the same bytes n times into one value.
//
//go:noinline
func redecoding[T any](src []byte, f func(*T, []byte) error) func(n int) error {
	v := new(T)
	return func(n int) error {
		for range n {
			if err := f(v, src); err != nil {
				return err
			}
		}
		return nil
	}
}

// encoder is a codec that encodes v, checked against the shape.
func encoder[T any](s *shape, name string, v *T, f func(*T, []byte) ([]byte, error)) Codec {
	return Codec{Name: name, Bytes: len(s.value), Run: encoding(v, f), Check: func() error {
		out, err := f(v, nil)
		if err != nil {
			return err
		}
		return s.sameBytes(out)
	}}
}

// decoder is a codec that decodes the shape's value into a new T.
func decoder[T any](s *shape, name string, f func(*T, []byte) error) Codec {
	return Codec{Name: name, Bytes: len(s.value), Run: decoding(s.value, f), Check: func() error {
		v := new(T)
		if err := f(v, s.value); err != nil {
			return err
		}
		return same(v, s.want)
	}}
}

// redecoder is a codec that decodes the shape's value into one T all the time.
func redecoder[T any](s *shape, name string, f func(*T, []byte) error) Codec {
	return Codec{Name: name, Bytes: len(s.value), Run: redecoding(s.value, f), Check: func() error {
		v := new(T)
		for range 2 {
			if err := f(v, s.value); err != nil {
				return err
			}
		}
		return same(v, s.want)
	}}
}
