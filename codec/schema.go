package codec

import "context"

// Fingerprints identify a schema's parsing canonical form (Avro 1.12, section
// "Transforming into Parsing Canonical Form"). They ignore docs, defaults,
// aliases and logical types, so two schemas with equal fingerprints can still
// decode differently: a fingerprint is no cache key for schema resolution.
type Fingerprints struct {
	// CRC64 is CRC-64-AVRO, the fingerprint of the single-object encoding.
	CRC64 uint64
	// MD5 and SHA256 are the digests of the canonical form's UTF-8 bytes.
	MD5    [16]byte
	SHA256 [32]byte
}

// Schema is one named Avro schema, complete in itself: every type that it
// refers to is written out at its first mention. Generated code holds one per
// type. A Schema is immutable and safe for concurrent use.
type Schema struct {
	name string
	text string
	fp   Fingerprints
}

// NewSchema is called by generated code. fullName is the schema's name with
// its namespace, text its complete JSON.
func NewSchema(fullName, text string, fp Fingerprints) *Schema {
	return &Schema{name: fullName, text: text, fp: fp}
}

// Name is the full name: namespace, dot, name.
func (s *Schema) Name() string { return s.name }

// String is the schema's JSON, complete in itself.
func (s *Schema) String() string { return s.text }

// Fingerprints are the fingerprints of the schema's parsing canonical form.
func (s *Schema) Fingerprints() Fingerprints { return s.fp }

// IDSource gives the id under which a registry knows a schema. It is asked
// when a program starts, never inside a database transaction.
// Implementations are safe for concurrent use.
type IDSource interface {
	ID(ctx context.Context, subject string, s *Schema) (uint32, error)
}

// SchemaSource gives the writer's schema that a frame's id stands for, as JSON
// that is complete in itself. Implementations are safe for concurrent use.
type SchemaSource interface {
	Schema(ctx context.Context, id uint32) (string, error)
}
