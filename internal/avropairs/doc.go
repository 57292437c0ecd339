// Package avropairs makes random pairs of Avro schemas for tests of
// compatibility: a schema, and what a few random changes made of it. Recursive
// types, unions, aliases, defaults, namespaces, promotions and logical types are
// among them, and about as many pairs are compatible as are not.
package avropairs
