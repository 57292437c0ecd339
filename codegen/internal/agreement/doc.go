// Package agreement holds tests only: it compiles the generated code of package
// codegen's test cases and of the reference domain, and compares it with a
// second Avro implementation on random values, on cut and on hostile input.
package agreement
