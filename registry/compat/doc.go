// Package compat tells whether data written with one Avro schema can be read
// with another, and if not, everything that stands in the way.
//
// [Check] takes the writer's schema first, then the reader's, as every function
// of this module does. It follows the rules of Apache Avro's own checker, whose
// verdicts existing registries and their users rely on; where the specification
// asks for more (the parameters of decimals, for one) the verdict is theirs.
package compat
