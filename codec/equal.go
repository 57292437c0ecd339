package codec

// EqualFloat reports whether a and b are the same number; not a number equals
// not a number, so that a decoded value equals the one that was encoded.
func EqualFloat[T ~float32 | ~float64](a, b T) bool {
	return a == b || (a != a && b != b)
}

// EqualOpt reports whether both hold nothing, or values that equal finds equal.
func EqualOpt[T any](a, b Opt[T], equal func(a, b T) bool) bool {
	return a.set == b.set && (!a.set || equal(a.value, b.value))
}
