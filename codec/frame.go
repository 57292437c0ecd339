package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// FrameSize is the length in bytes of the frame before a value: a zero byte
// and the schema's id as four bytes, big endian (Confluent's wire format).
const FrameSize = 5

// ErrFrame says that bytes do not begin with a frame.
var ErrFrame = errors.New("not a framed Avro value")

// AppendFrame appends the frame for a schema id. The value follows it.
func AppendFrame(dst []byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), id)
}

// AppendFramed appends v after the frame for a schema id, which must be that of
// v's own schema. A value that does not fit its schema is an error, and dst is
// then returned as it was.
func AppendFramed(dst []byte, id uint32, v Appender) ([]byte, error) {
	out, err := v.AppendAvro(AppendFrame(dst, id))
	if err != nil {
		return dst, err
	}
	return out, nil
}

// ParseFrame splits a framed value into the schema id and the Avro bytes, which
// share src's memory.
func ParseFrame(src []byte) (id uint32, value []byte, err error) {
	if len(src) < FrameSize {
		return 0, nil, fmt.Errorf("%w: %d bytes, the frame alone has %d", ErrFrame, len(src), FrameSize)
	}
	if src[0] != 0 {
		return 0, nil, fmt.Errorf("%w: first byte is 0x%02x, not 0x00", ErrFrame, src[0])
	}
	return binary.BigEndian.Uint32(src[1:]), src[FrameSize:], nil
}

// UnmarshalFramed decodes src, which must hold exactly one framed value. The
// value is read as written with v's own schema, whatever the id: a caller that
// meets other writers compares the id first, or splits the frame off by
// ParseFrame and reads by a plan. The id is returned also when the value is in
// error; v is then undefined, and offsets in errors count from the value.
func UnmarshalFramed(src []byte, v Record) (id uint32, err error) {
	id, value, err := ParseFrame(src)
	if err != nil {
		return 0, err
	}
	return id, v.UnmarshalAvro(value)
}
