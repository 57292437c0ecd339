// Package oracle compares generated codecs with Apache Avro 1.12 for Java and
// for Python: random schemas become Go types, which must read and write the same
// bytes, evolution pairs included, and have the same fingerprints. Random values
// are written from the schema by a small encoder of its own. The types that the
// repository keeps, events and golden files, are compared in the same way.
//
// A random schema stands in one file or in several that mention each other's
// types. Each has three writers: two that random steps of evolution made of it,
// and a union of which such a one is a branch.
//
// Verdicts of registry/compat on random pairs are compared with those of both
// libraries' checkers and of twmb/avro; docs/compatibility.md has the differences.
//
// The tests need a JDK with Maven and python3 with pip, or instead of Maven and pip
// the folders that SCHEMACTL_TEST_AVRO_JARS and SCHEMACTL_TEST_AVRO_PYTHON name. Flags choose
// another seed, another number of schemas, and a folder to keep the program in:
//
//	go test ./oracle -seed 7 -schemas 100 -keep /tmp/program
//
// # Where Java and Python differ
//
// Java wins, and ours agrees with it:
//
//	case                             Java                    Python
//	aliases of types and fields      followed                ignored
//	string read as bytes, and back   read                    refused
//	union on one side only           by the value's branch   refused for primitive and named types
//	enum symbol the reader lacks     the reader's default    the writer's default, or an error
//	defaults of bytes and fixed      a byte for each code    the text in UTF-8
//	                                 point
//	default 0 for a float            0.0                     refused
//	items that need promotion        promoted                refused: only the types' names are compared
//	writing a union of branches      the branch of the       the first that the value could be of: int for a
//	that look alike                  value's own type        long, string for an enum, map for a record
//	canonical form of a logical      the bare type           {"type": "long"}
//	type
//	canonical form of a fixed that   defined once            defined at each mention
//	is mentioned twice
//	a type without a namespace in    none                    the namespace around it, or no schema
//	one that has it
//
// # Where ours differs from Java
//
//	case                             Java                          ours
//	no value of an enum or a union   each value is an error, when  no plan for the pair
//	can be read                      it comes
//	nested more than 1000 deep       read                          ErrLimit
//	time-millis beyond a day         the bare number               ErrMalformed
//	big-decimal as *big.Rat          its scale                     the least scale that holds it
//	timestamp-nanos before 1970, as  0.999 s off                   right
//	java.time.Instant
//	union of two uuid or decimal     written as the first          the branch that it was read from
//	branches, as Java's own types
//	array of ints read as doubles    1.12.2 may refuse it          read
//	a default [] for a union whose   "Not an array" when a record  the default
//	first branch is an array         of an array lacks the field
//	default of a union               the first branch, by the      the first branch that the
//	                                 kind of JSON alone; any       default is a value of
//	                                 JSON is a record, an enum,
//	                                 an array or a map
//	record of another name, at the   read by its fields            ErrUnresolved
//	root
//	default that holds a record      refused                       read
//	that is not complete yet
//	default whose type is in a file  refused                       read
//	that comes later
//	type that two files define, and  refused                       read, if both say the same
//	that mentions other files' types
//	{"type": {"type": "string"}}     refused in a field            read
//	random values of recursive       never end, for some           (none are made)
//	unions
package oracle
