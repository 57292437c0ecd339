package drift

import (
	"slices"
	"strings"
)

// Kind is what an [Object] is.
type Kind string

// The kinds of objects.
const (
	KindTable      Kind = "table"
	KindColumn     Kind = "column"
	KindPrimaryKey Kind = "primary key"
	KindIndex      Kind = "index" // a unique constraint too: both are one index
	KindForeignKey Kind = "foreign key"
	KindCheck      Kind = "check"
	KindExclusion  Kind = "exclusion constraint"
	KindView       Kind = "view"
	KindTrigger    Kind = "trigger"
	KindFunction   Kind = "function" // a procedure too
	KindSequence   Kind = "sequence" // one that no column owns
	KindType       Kind = "type"     // enum, domain, composite
	KindPolicy     Kind = "policy"   // row-level security
	KindRule       Kind = "rule"     // PostgreSQL's, other than those that make views
	KindEvent      Kind = "event"    // of MySQL's scheduler
)

// Object is one thing in a schema.
type Object struct {
	Kind Kind
	// Table is the table that it belongs to; empty for what stands alone.
	Table string
	// Name identifies it among those of its kind and table. A primary key has
	// none, a foreign key is known by its columns.
	Name string
	// Facts are what it is, in a fixed order for each kind.
	Facts []Fact
	// Create is the SQL that makes it, without a semicolon at the end. It is
	// empty where the table's own statement makes it.
	Create string
	// counting is Create of a table of MySQL with its counter where it stands.
	counting string
	// stage is when a dump makes a function of PostgreSQL.
	stage stage
}

// stage is where among other objects a function can be made.
type stage int

const (
	beforeTables stage = iota // tables use it
	afterTables
	afterViews // it uses a view
)

// Fact is one property of an object.
type Fact struct {
	Name  string
	Value string
	// Meaning is the value with spellings that mean the same made equal. It is
	// what models are compared by.
	Meaning string
	// Exact marks what GORM models have no say in, such as a collation.
	Exact bool
}

// Schema is what a database holds.
type Schema struct {
	// Dialect is postgres, mysql or sqlite.
	Dialect string
	// Objects are in the order in which they can be made.
	Objects []Object
	// Sources are the sources of migrations that have a version table here.
	Sources []string
	// extensions are the statements that make those that objects use, for dumps.
	extensions []string
}

// identity is what an object is compared by.
type identity struct {
	kind        Kind
	table, name string
}

func (o *Object) id() identity { return identity{o.Kind, o.Table, o.Name} }

// String is "column accounts.email" or "foreign key payments(payer_id)".
func (o *Object) String() string {
	switch {
	case o.Table == "":
		return string(o.Kind) + " " + o.Name
	case o.Kind == KindPrimaryKey:
		return "primary key of " + o.Table
	case strings.HasPrefix(o.Name, "("):
		return string(o.Kind) + " " + o.Table + o.Name
	default:
		return string(o.Kind) + " " + o.Table + "." + o.Name
	}
}

// fact is a fact that models have a say in.
func fact(name, value, meaning string) Fact { return Fact{Name: name, Value: value, Meaning: meaning} }

// exact is a fact that they have no say in.
func exact(name, value string) Fact {
	return Fact{Name: name, Value: value, Meaning: value, Exact: true}
}

// value is a fact's value, or "".
func (o *Object) value(name string) string {
	for _, f := range o.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func (s *Schema) add(o Object) { s.Objects = append(s.Objects, o) }

// find gives an object, or nil.
func (s *Schema) find(id identity) *Object {
	if s == nil {
		return nil
	}
	i := slices.IndexFunc(s.Objects, func(o Object) bool { return o.id() == id })
	if i < 0 {
		return nil
	}
	return &s.Objects[i]
}

// of lists the objects of a kind that belong to a table, all tables for "*".
func (s *Schema) of(kind Kind, table string) []*Object {
	var out []*Object
	for i := range s.Objects {
		if o := &s.Objects[i]; o.Kind == kind && (table == "*" || o.Table == table) {
			out = append(out, o)
		}
	}
	return out
}

// hasTable reports whether there is a table of that name.
func (s *Schema) hasTable(name string) bool { return s.find(identity{KindTable, "", name}) != nil }

// hasOwner reports whether there is a table or view of that name, to which
// indexes, triggers and rules belong.
func (s *Schema) hasOwner(name string) bool {
	return s.hasTable(name) || s.find(identity{KindView, "", name}) != nil
}

// unequal lists the names of the facts in which two objects differ. With
// byMeaning spellings do not count, nor facts that models have no say in.
func unequal(a, b *Object, byMeaning bool) []string {
	var names []string
	for _, f := range a.Facts {
		i := slices.IndexFunc(b.Facts, func(g Fact) bool { return g.Name == f.Name })
		if i < 0 {
			names = append(names, f.Name)
			continue
		}
		g := b.Facts[i]
		if (byMeaning && !f.Exact && f.Meaning != g.Meaning) || (!byMeaning && f.Value != g.Value) {
			names = append(names, f.Name)
		}
	}
	return names
}
