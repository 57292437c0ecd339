package codec

// Kind is the type that a writer's schema has at some place.
type Kind uint8

// The kinds of writers' types. Logical types are those of their base.
const (
	KindNull Kind = iota
	KindBoolean
	KindInt
	KindLong
	KindFloat
	KindDouble
	KindBytes
	KindString
	KindFixed
	KindEnum
	KindRecord
	KindArray
	KindMap
	KindUnion
)

var kindNames = [...]string{
	"null", "boolean", "int", "long", "float", "double", "bytes", "string",
	"fixed", "enum", "record", "array", "map", "union",
}

// String is Avro's name of the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Plan says how values of one writer's schema become values of one reader's:
// Avro's schema resolution, decided once for the pair. Package codec/plan
// compiles plans, generated decoders run them. A Plan and its nodes are
// immutable once made and safe for concurrent use.
type Plan struct {
	// Writer is the full name of the writer's type; of a type without a name, such
	// as a union, its kind.
	Writer string
	// Reader is the schema of the type that is read into.
	Reader *Schema
	// Root is the node of the whole value.
	Root *Node
}

// Decode reads src, exactly one value of the writer's schema, into dst, whose
// type must have been generated from the reader's: else it is ErrReader. Strings
// and bytes live as [Arena] says; ReadAvro has other choices. On an error dst is
// undefined.
func (p *Plan) Decode(src []byte, dst Record) error {
	_, err := dst.ReadAvro(src, ReadOptions{Plan: p, Whole: true})
	return err
}

// Identical reports whether writer and reader are records that say the same in
// everything that decides decoding, so that Decode is the generated type's own
// decoder. Of an enum or a fixed it is false.
func (p *Plan) Identical() bool { return p.Root.Same }

// Enter gives the node of a value that begins src, and where that value begins:
// behind the branch when the writer's type is a union. Generated code calls it.
// A plan for another type than reader's is ErrReader.
func (p *Plan) Enter(reader *Schema, src []byte) (*Node, int, error) {
	if p.Reader == reader && p.Root.Kind != KindUnion {
		return p.Root, 0, nil
	}
	return p.enter(reader, src)
}

func (p *Plan) enter(reader *Schema, src []byte) (*Node, int, error) {
	if p.Reader.String() != reader.String() {
		return nil, 0, readError(0, ErrReader, "the plan reads %s", p.Reader.Name())
	}
	if p.Root.Kind == KindUnion {
		return EnterUnion(src, 0, p.Root)
	}
	return p.Root, 0, nil
}

// Node is one place of a plan: what the writer has there and what the reader
// makes of it. Nodes of recursive types form cycles.
type Node struct {
	// Kind is the writer's type.
	Kind Kind
	// Same says that a record, an array or a map is written as the reader would
	// write it, in everything that decides decoding, so that its straight decoder
	// reads it.
	Same bool
	// Recursive is set of records that can hold themselves: reading or skipping
	// one counts towards the limit of nesting.
	Recursive bool
	// Branch is the reader's branch for this value where the reader has a union;
	// 0 where it has none.
	Branch int
	// Least is the fewest bytes that a value of the writer's takes.
	Least int
	// Size is the length of a fixed in bytes. Of other types that always take the
	// same number of bytes it is that number, so that many are skipped at once;
	// else 0.
	Size int
	// Symbols gives the reader's ordinal for each of an enum's symbols, and -1
	// for those that the reader cannot take.
	Symbols []int
	// Names are an enum's symbols, for errors.
	Names []string
	// Item is the node of an array's items or a map's values.
	Item *Node
	// Branches are the nodes of a union. Those that the reader cannot take are
	// marked by Unreadable; such a value is ErrUnresolved.
	Branches []*Node
	// Unreadable says why the reader cannot take this branch of a union; it is
	// empty when it can.
	Unreadable string
	// Steps read a record: the writer's fields in their order.
	Steps []Step
	// Defaults are the reader's fields that the writer lacks and that take the
	// reader's default, by number.
	Defaults []int
}

// Step is one field of a writer's record.
type Step struct {
	// Field is the number of the reader's field that takes the value, from 0 in
	// the order of the reader's schema; -1 to skip it.
	Field int
	// Union says that Node is a union, so that its branch comes first.
	Union bool
	// Name is the writer's name of the field, for errors.
	Name string
	// Node says how the value is read. Under a skipped field only what Skip needs
	// is set.
	Node *Node
}
