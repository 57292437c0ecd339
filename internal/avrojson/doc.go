// Package avrojson reads the JSON of Avro schemas into a tree that keeps what
// encoding/json drops and a schema tool needs: the order of members, the text
// of numbers, and where in the source each value stands. It knows JSON only,
// not what makes a schema. It needs only the standard library.
package avrojson
