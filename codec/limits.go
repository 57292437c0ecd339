package codec

import "fmt"

// Limits of decoding. All other sizes are bounded by the input: a length is
// compared with the bytes that are left before anything is allocated for it.
//
// What is allocated in all is so bounded by the input's size times a factor of
// the schema: an array's items claim at most size/least bytes of memory for
// each byte of input, size being that of the Go type and least the fewest bytes
// an item takes (24 for an array of arrays, 8 for one of longs), at each level
// of arrays that the schema nests. Types that hold themselves nest by the input:
// their arrays and maps grow with what has been read, which costs at most four
// times size/least, and half a KiB or one item for each level that is open. Go's
// smallest map has room for eight entries, so a map claims up to eight times as
// much as its entries; a record that is read by a plan costs its defaults too.
const (
	// MaxDepth is how deep a recursive type may nest, when encoding too, so that
	// what was encoded can be decoded.
	MaxDepth = 1000
	// MaxEmptyItems is how many items that take no bytes, such as nulls or records
	// without fields, a message may have beyond one for each of its bytes.
	MaxEmptyItems = 4096
)

// TooDeepToAppend is the error of an encoder that has reached MaxDepth; a
// value that contains itself gets there too.
func TooDeepToAppend(in *Schema) error {
	return &Error{Record: in.Name(), Offset: -1, Err: fmt.Errorf("%w: nested more than %d deep, or contains itself", ErrLimit, MaxDepth)}
}
