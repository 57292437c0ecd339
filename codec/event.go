package codec

// Record is implemented by a pointer to every generated type with a schema: of
// records, enums and fixed.
type Record interface {
	// AppendAvro appends the value in Avro binary to dst. A value that does not
	// fit the schema is an error, and dst is then returned at its old length.
	AppendAvro(dst []byte) ([]byte, error)
	// DecodeAvro decodes one value from the front of src and returns the bytes
	// after it. On an error the value is undefined.
	DecodeAvro(src []byte) (rest []byte, err error)
	// ReadAvro decodes one value from the front of src as the options say: written
	// with another schema, without copying, into room that is used again. On an
	// error the value is undefined.
	ReadAvro(src []byte, o ReadOptions) (rest []byte, err error)
	// UnmarshalAvro decodes src, which must hold exactly one value.
	UnmarshalAvro(src []byte) error
	// AvroSchema is the schema that the type was generated from.
	AvroSchema() *Schema
}

// Event is a record that says where it goes: its schema carries
// "schemactl.topic" and "schemactl.key". EventTopic and AvroSchema do not read
// the value, so they may be called on a zero value.
type Event interface {
	AppendAvro(dst []byte) ([]byte, error)
	AvroSchema() *Schema
	// EventTopic is the topic, without any prefix of a deployment.
	EventTopic() string
	// EventKey is the record's key: the text of the key field as plain bytes,
	// never framed with a schema id, because another id would move the key to
	// another partition and break its order.
	EventKey() []byte
}

// Sequenced is implemented by events whose schema names the field that counts
// the changes of their aggregate ("schemactl.sequence"). The number travels as
// a header, so that any reader of the topic can see what is lost, repeated or
// out of order per key.
type Sequenced interface {
	EventSequence() int64
}

// Headers of a record that carries an event. HeaderID is also what Debezium's
// outbox router writes.
const (
	// HeaderID is the event's id, a UUID in text form.
	HeaderID = "id"
	// HeaderType is the full name of the event's schema, for people and tools;
	// consumers go by the writer's schema, not by this header.
	HeaderType = "type"
	// HeaderSequence is EventSequence in decimal digits.
	HeaderSequence = "sequence"
)
