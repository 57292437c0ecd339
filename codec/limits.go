package codec

import "fmt"

// Limits of decoding. All other sizes are bounded by the input: a length is
// compared with the bytes that are left before anything is allocated for it.
const (
	// MaxDepth is how deep a recursive type may nest, when encoding too, so that
	// what was encoded can be decoded.
	MaxDepth = 1000
	// MaxEmptyItems is how many items an array may have whose items take no
	// bytes, such as nulls or records without fields.
	MaxEmptyItems = 4096
)

// TooDeepToRead is the error of a decoder that has reached MaxDepth.
func TooDeepToRead(p int) error {
	return readError(p, ErrLimit, "nested more than %d deep", MaxDepth)
}

// TooDeepToAppend is the error of an encoder that has reached MaxDepth; a
// value that contains itself gets there too.
func TooDeepToAppend() error {
	return &Error{Offset: -1, Err: fmt.Errorf("%w: nested more than %d deep, or contains itself", ErrLimit, MaxDepth)}
}
