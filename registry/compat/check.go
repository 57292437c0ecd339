package compat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/registry/avsc"
)

// maxFindings bounds what is said of one pair of types. Types that mention each
// other many times over would double the list at every step.
const maxFindings = 200

// Check answers the reasons why data of the writer's schema cannot be read with
// the reader's, each once, in the order of the reader's schema, and no more
// than a few hundred. Nil means that it can be read. Check keeps nothing
// between calls and is safe for concurrent use.
func Check(writer, reader *avsc.Schema) []Finding {
	c := checker{done: map[pair][]Finding{}}
	var found []Finding
	seen := map[Finding]bool{}
	for _, f := range c.check(writer.Root(), reader.Root(), path{}) {
		if !seen[f] {
			found, seen[f] = append(found, f), true
		}
	}
	return found
}

// pair is compared by identity: a named type is one node of its schema.
type pair struct{ writer, reader *avsc.Type }

// path is the way from the root as steps of a JSON pointer.
type path []string

func (p path) with(steps ...string) path { return append(slices.Clip(p), steps...) }

func (p path) String() string {
	return "/" + strings.Join(p, "/")
}

// checker walks two schemas side by side.
type checker struct {
	// done holds the findings of each pair met so far, none for a compatible
	// one. While a pair is being checked it counts as compatible, which ends
	// recursion: recursive types are compatible unless something else in them
	// is not.
	done map[pair][]Finding
	// trail lists the pairs in the order in which they were met.
	trail []pair
}

// check answers the findings of a pair. For one that was met before they are
// those of the first place.
func (c *checker) check(w, r *avsc.Type, at path) []Finding {
	key := pair{w, r}
	if found, seen := c.done[key]; seen {
		return found
	}
	start := len(c.trail)
	c.done[key], c.trail = nil, append(c.trail, key)
	found := c.compare(w, r, at)
	if len(found) == 0 {
		return nil
	}
	// What was found compatible on the way may have relied on this pair.
	for _, inner := range c.trail[start:] {
		if len(c.done[inner]) == 0 {
			delete(c.done, inner)
		}
	}
	c.trail = c.trail[:start]
	c.done[key] = found[:min(len(found), maxFindings)]
	return c.done[key]
}

func (c *checker) compare(w, r *avsc.Type, at path) []Finding {
	switch {
	case w.Kind == avsc.Union && r.Kind == avsc.Union:
		return c.unions(w, r, at)
	case w.Kind == avsc.Union:
		return c.writerUnion(w, r, at)
	case r.Kind == avsc.Union:
		return c.readerUnion(w, r, at)
	}
	switch kind := plain(r.Kind); {
	case kind != plain(w.Kind):
		return mismatch(w, r, at)
	case kind == avsc.Record:
		return append(names(w, r, at), c.fields(w, r, at)...)
	case kind == avsc.Enum:
		return append(names(w, r, at), symbols(w, r, at)...)
	case kind == avsc.Fixed:
		return append(names(w, r, at), sizes(w, r, at)...)
	case kind == avsc.Array:
		return c.check(w.Elem, r.Elem, at.with("items"))
	case kind == avsc.Map:
		return c.check(w.Elem, r.Elem, at.with("values"))
	}
	return nil
}

// unions needs a reader's branch for each of the writer's.
func (c *checker) unions(w, r *avsc.Type, at path) []Finding {
	var found []Finding
	for i, branch := range w.Branches {
		if len(c.readerUnion(branch, r, nil)) > 0 {
			found = append(found, lacking(branch, at.with(strconv.Itoa(i))))
		}
	}
	return found
}

// writerUnion needs the reader to read each of the writer's branches.
func (c *checker) writerUnion(w, r *avsc.Type, at path) []Finding {
	var found []Finding
	for i, branch := range w.Branches {
		found = append(found, c.check(branch, r, at.with(strconv.Itoa(i)))...)
	}
	return found
}

// readerUnion needs one of the reader's branches to read the writer's type.
func (c *checker) readerUnion(w, r *avsc.Type, at path) []Finding {
	for _, branch := range r.Branches {
		if len(c.check(w, branch, nil)) == 0 {
			return nil
		}
	}
	return []Finding{lacking(w, at)}
}

func lacking(w *avsc.Type, at path) Finding {
	return Finding{MissingUnionBranch, at.String(), "reader union lacking writer type: " + word(w.Kind)}
}

// fields looks for each of the reader's fields; those that only the writer has
// are skipped when data is read.
func (c *checker) fields(w, r *avsc.Type, at path) []Finding {
	byName := make(map[string]*avsc.Field, len(w.Fields))
	for _, f := range w.Fields {
		byName[f.Name] = f
	}
	var found []Finding
	for i, rf := range r.Fields {
		here := at.with("fields", strconv.Itoa(i))
		matches := fieldMatches(rf, byName)
		switch {
		case len(matches) > 1:
			found = append(found, Finding{AmbiguousField, here.String(), fmt.Sprintf("%s matches the writer's fields %s", rf.Name, list(matches))})
		case len(matches) == 1:
			found = append(found, c.check(byName[matches[0]].Type, rf.Type, here.with("type"))...)
		case rf.Default != nil:
		case rf.Type.Kind == avsc.Enum && rf.Type.Default != nil:
			// An enum's default is not one for a field. The reference compares
			// the enum with the record around it and says so in these words.
			found = append(found, mismatch(w, rf.Type, here.with("type"))...)
		default:
			found = append(found, Finding{ReaderFieldMissingDefault, here.String(), rf.Name})
		}
	}
	return found
}

// fieldMatches are the names of the writer's fields that a reader's field
// stands for: its own name, and its aliases.
func fieldMatches(rf *avsc.Field, byName map[string]*avsc.Field) []string {
	var names []string
	for _, name := range append([]string{rf.Name}, rf.Aliases...) {
		if byName[name] != nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// names compares short names: a type may move to another namespace. An alias of
// the reader counts as a full name.
func names(w, r *avsc.Type, at path) []Finding {
	if w.Name.Short == r.Name.Short || slices.Contains(r.Aliases, w.Name) {
		return nil
	}
	return []Finding{{NameMismatch, at.with("name").String(), "expected: " + w.Name.String()}}
}

func symbols(w, r *avsc.Type, at path) []Finding {
	has := make(map[string]bool, len(r.Symbols))
	for _, s := range r.Symbols {
		has[s] = true
	}
	var missing []string
	for _, s := range w.Symbols {
		if !has[s] {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 || r.Default != nil && has[*r.Default] {
		return nil
	}
	slices.Sort(missing)
	return []Finding{{MissingEnumSymbols, at.with("symbols").String(), list(slices.Compact(missing))}}
}

func sizes(w, r *avsc.Type, at path) []Finding {
	if w.Size == r.Size {
		return nil
	}
	return []Finding{{FixedSizeMismatch, at.with("size").String(), fmt.Sprintf("expected: %d, found: %d", w.Size, r.Size)}}
}

// mismatch compares two types of different kinds.
func mismatch(w, r *avsc.Type, at path) []Finding {
	if promotes(w.Kind, r.Kind) {
		return nil
	}
	return []Finding{{TypeMismatch, at.String(), fmt.Sprintf("reader type: %s not compatible with writer type: %s", word(r.Kind), word(w.Kind))}}
}

// promotes tells whether a reader takes values of another kind.
func promotes(w, r avsc.Kind) bool {
	switch w {
	case avsc.Int:
		return r == avsc.Long || r == avsc.Float || r == avsc.Double
	case avsc.Long:
		return r == avsc.Float || r == avsc.Double
	case avsc.Float:
		return r == avsc.Double
	case avsc.String:
		return r == avsc.Bytes
	case avsc.Bytes:
		return r == avsc.String
	default:
		return false
	}
}

// plain takes an error record for the record that it is.
func plain(k avsc.Kind) avsc.Kind {
	if k == avsc.Error {
		return avsc.Record
	}
	return k
}

// word is a kind as the findings spell it.
func word(k avsc.Kind) string { return strings.ToUpper(string(plain(k))) }

func list(names []string) string { return "[" + strings.Join(names, ", ") + "]" }
