package codec

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// SingleObjectSize is the length in bytes of what the single-object encoding
// puts before a value: the marker C3 01 and the CRC-64-AVRO of the writer's
// schema in eight bytes, little endian (Avro 1.12, "Single-object encoding").
const SingleObjectSize = 10

const marker0, marker1 = 0xC3, 0x01

// ErrSingleObject says that bytes do not begin with the marker and fingerprint
// of the single-object encoding.
var ErrSingleObject = errors.New("not a single-object encoded Avro value")

// ErrFingerprint says that a value was written with another schema than the
// type's own. A plan for that schema can still read it.
var ErrFingerprint = errors.New("the value's schema is another")

// Appender is what every generated type can do: append itself, and name its
// schema.
type Appender interface {
	AppendAvro(dst []byte) ([]byte, error)
	AvroSchema() *Schema
}

// AppendSingleObject appends v in the single-object encoding. A value that does
// not fit its schema is an error, and dst is then returned as it was.
func AppendSingleObject(dst []byte, v Appender) ([]byte, error) {
	out := binary.LittleEndian.AppendUint64(append(dst, marker0, marker1), v.AvroSchema().fp.CRC64)
	out, err := v.AppendAvro(out)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// ParseSingleObject splits a single-object encoded value into the fingerprint of
// its writer's schema and the Avro bytes, which share src's memory.
func ParseSingleObject(src []byte) (fingerprint uint64, value []byte, err error) {
	if len(src) < SingleObjectSize {
		return 0, nil, fmt.Errorf("%w: %d bytes, marker and fingerprint alone have %d", ErrSingleObject, len(src), SingleObjectSize)
	}
	if src[0] != marker0 || src[1] != marker1 {
		return 0, nil, fmt.Errorf("%w: it begins with %02x %02x, not c3 01", ErrSingleObject, src[0], src[1])
	}
	return binary.LittleEndian.Uint64(src[2:]), src[SingleObjectSize:], nil
}

// UnmarshalSingleObject decodes src, which must hold exactly one single-object
// encoded value, written with v's own schema: another fingerprint is
// ErrFingerprint. Values of other writers are read by ParseSingleObject and a
// plan. On an error v is undefined; offsets in errors count from the value.
func UnmarshalSingleObject(src []byte, v Record) error {
	fingerprint, value, err := ParseSingleObject(src)
	if err != nil {
		return err
	}
	if own := v.AvroSchema(); fingerprint != own.fp.CRC64 {
		return fmt.Errorf("%w: CRC-64-AVRO %016x, that of %s is %016x", ErrFingerprint, fingerprint, own.name, own.fp.CRC64)
	}
	return v.UnmarshalAvro(value)
}

// CRC64Hex is CRC64 in 16 hexadecimal digits, the highest first. In the
// single-object encoding its bytes stand in the opposite order.
func (f Fingerprints) CRC64Hex() string { return fmt.Sprintf("%016x", f.CRC64) }

// MD5Hex is MD5 in 32 hexadecimal digits.
func (f Fingerprints) MD5Hex() string { return hex.EncodeToString(f.MD5[:]) }

// SHA256Hex is SHA256 in 64 hexadecimal digits.
func (f Fingerprints) SHA256Hex() string { return hex.EncodeToString(f.SHA256[:]) }
