package compat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/registry/avsc"
)

// What bounds the work on two schemas, however hostile they are. Real ones stay
// far below: two schemas of 1 MB take about 30,000 comparisons.
const (
	// maxFindings is how many findings are told, of one pair of types and of all.
	maxFindings = 200
	// maxPathBytes is how long the paths of all findings are together; the first
	// is told at any rate.
	maxPathBytes = 1 << 20
	// maxSteps is how often two types are compared.
	maxSteps = 1 << 17
	// namesInStep is how many fields or symbols are looked up in the time that a
	// comparison takes.
	namesInStep = 16
	// bytesInStep is how much of a finding's detail is written in that time. It bounds
	// what all of them take together, too.
	bytesInStep = 512
	// maxDepth is how deep types may hold each other.
	maxDepth = 10_000
)

// Check answers the reasons why data of the writer's schema cannot be read with
// the reader's, each once, in the order of the reader's schema, and no more
// than 200. Nil means that it can be read. Check keeps nothing between calls and
// is safe for concurrent use.
//
// Check takes bounded time and room. Two schemas that would need more count as
// incompatible, with a finding of the rule [TooComplex].
func Check(writer, reader *avsc.Schema) []Finding {
	found, _ := check(writer, reader)
	return told(found)
}

// check also answers how many comparisons it took.
func check(writer, reader *avsc.Schema) (found []*reason, steps int) {
	c := checker{done: map[pair][]*reason{}}
	found = c.check(writer.Root(), reader.Root(), nil)
	found = found[:min(len(found), maxFindings)]
	if c.exceeded != "" {
		found = append(found, &reason{rule: TooComplex, detail: c.exceeded})
	}
	return found, c.steps
}

// reason is a finding and what it was found at.
type reason struct {
	rule   Rule
	at     *path
	detail string
	// writer and reader are the types that were compared; of a record for a field.
	writer, reader *avsc.Type
	// field is the reader's field that is meant, if one is.
	field *avsc.Field
	// inner says why the branch that the writer's type is meant for does not fit.
	inner []*reason
}

// told are the findings as they are shown.
func told(reasons []*reason) []Finding {
	var list []Finding
	seen := map[Finding]bool{}
	size := 0
	for _, r := range reasons {
		f := Finding{r.rule, r.at.String(), r.detail}
		if size += len(f.Path); size > maxPathBytes && len(list) > 0 {
			break
		}
		if !seen[f] {
			list, seen[f] = append(list, f), true
		}
	}
	return list
}

// pair is compared by identity: a named type is one node of its schema.
type pair struct{ writer, reader *avsc.Type }

// checker walks two schemas side by side.
type checker struct {
	// done holds the findings of each pair met so far, none for a compatible
	// one. While a pair is being checked it counts as compatible, which ends
	// recursion: recursive types are compatible unless something else in them
	// is not.
	done map[pair][]*reason
	// trail lists the pairs in the order in which they were met.
	trail []pair
	// steps and depth count; exceeded says which limit was passed. From then on
	// nothing is compared any more.
	steps, depth int
	exceeded     string
}

// check answers the findings of a pair. For one that was met before they are
// those of the first place.
func (c *checker) check(w, r *avsc.Type, at *path) []*reason {
	c.steps++
	switch {
	case c.exceeded != "":
		return nil
	case c.steps > maxSteps:
		c.exceeded = fmt.Sprintf("more than %d comparisons of types", maxSteps)
		return nil
	case c.depth > maxDepth:
		c.exceeded = fmt.Sprintf("types nested deeper than %d", maxDepth)
		return nil
	case !w.Kind.IsNamed() && !r.Kind.IsNamed():
		return c.compare(w, r, at) // two types without names stand in one place each
	}
	key := pair{w, r}
	if found, seen := c.done[key]; seen {
		return found
	}
	start := len(c.trail)
	c.done[key], c.trail = nil, append(c.trail, key)
	c.depth++
	found := c.compare(w, r, at)
	c.depth--
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
	c.done[key] = distinct(found)
	return c.done[key]
}

// said counts the detail of a finding.
func (c *checker) said(detail string) string {
	c.steps += len(detail) / bytesInStep
	return detail
}

// distinct drops what one type, mentioned many times over, says at each mention.
func distinct(found []*reason) []*reason {
	if len(found) == 1 {
		return found
	}
	seen := make(map[*reason]bool, len(found))
	found = slices.DeleteFunc(found, func(r *reason) bool {
		again := seen[r]
		seen[r] = true
		return again
	})
	return found[:min(len(found), maxFindings)]
}

func (c *checker) compare(w, r *avsc.Type, at *path) []*reason {
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
		return append(c.names(w, r, at), c.fields(w, r, at)...)
	case kind == avsc.Enum:
		return append(c.names(w, r, at), c.symbols(w, r, at)...)
	case kind == avsc.Fixed:
		return append(c.names(w, r, at), sizes(w, r, at)...)
	case kind == avsc.Array:
		return c.check(w.Elem, r.Elem, at.with("items"))
	case kind == avsc.Map:
		return c.check(w.Elem, r.Elem, at.with("values"))
	}
	return nil
}

// unions needs a reader's branch for each of the writer's.
func (c *checker) unions(w, r *avsc.Type, at *path) []*reason {
	var found []*reason
	for i, branch := range w.Branches {
		for _, lacks := range c.readerUnion(branch, r, nil) {
			lacks.at = at.with(strconv.Itoa(i))
			found = append(found, lacks)
		}
	}
	return found
}

// writerUnion needs the reader to read each of the writer's branches.
func (c *checker) writerUnion(w, r *avsc.Type, at *path) []*reason {
	var found []*reason
	for i, branch := range w.Branches {
		found = append(found, c.check(branch, r, at.with(strconv.Itoa(i)))...)
	}
	return found
}

// readerUnion needs one of the reader's branches to read the writer's type.
func (c *checker) readerUnion(w, r *avsc.Type, at *path) []*reason {
	var inner []*reason
	for _, branch := range r.Branches {
		reasons := c.check(w, branch, nil)
		if len(reasons) == 0 {
			return nil
		}
		if meant(w, branch) {
			inner = reasons
		}
	}
	return []*reason{{rule: MissingUnionBranch, at: at, detail: "reader union lacking writer type: " + word(w.Kind), writer: w, reader: r, inner: inner}}
}

// meant tells whether a branch of the reader's union is the one that values of
// the writer's type are meant for, though it may not fit.
func meant(w, branch *avsc.Type) bool {
	return plain(w.Kind) == plain(branch.Kind) && (!w.Kind.IsNamed() || sameName(w, branch))
}

// fields looks for each of the reader's fields; those that only the writer has
// are skipped when data is read.
func (c *checker) fields(w, r *avsc.Type, at *path) []*reason {
	c.steps += len(w.Fields) / namesInStep
	byName := make(map[string]*avsc.Field, len(w.Fields))
	for _, f := range w.Fields {
		byName[f.Name] = f
	}
	var found []*reason
	for i, rf := range r.Fields {
		wf := byName[rf.Name]
		if wf != nil && len(rf.Aliases) == 0 && fits(wf.Type, rf.Type) {
			c.steps++
			continue
		}
		c.steps += len(rf.Aliases) / namesInStep
		here := at.with("fields", strconv.Itoa(i))
		matches := fieldMatches(rf, byName)
		switch {
		case len(matches) > 1:
			found = append(found, &reason{rule: AmbiguousField, at: here, writer: w, reader: r, field: rf,
				detail: c.said(fmt.Sprintf("%s matches the writer's fields %s", rf.Name, list(matches)))})
		case len(matches) == 1:
			found = append(found, c.check(byName[matches[0]].Type, rf.Type, here.with("type"))...)
		case rf.Default != nil:
			c.steps++
		case rf.Type.Kind == avsc.Enum && rf.Type.Default != nil:
			// An enum's default is not one for a field. The reference compares
			// the enum with the record around it and says so in these words.
			for _, m := range mismatch(w, rf.Type, here.with("type")) {
				m.reader, m.field = r, rf
				found = append(found, m)
			}
		default:
			found = append(found, &reason{rule: ReaderFieldMissingDefault, at: here, detail: rf.Name, writer: w, reader: r, field: rf})
		}
	}
	return found
}

// fewBranches bounds the unions that fits looks into.
const fewBranches = 4

// fits tells of types without parts, and of small unions of them, that the reader's
// takes all of the writer's. It is what check finds of most fields, and leaves nothing
// behind. False may mean anything.
func fits(w, r *avsc.Type) bool {
	switch {
	case w.Kind == avsc.Union:
		return len(w.Branches) <= fewBranches && !slices.ContainsFunc(w.Branches, func(b *avsc.Type) bool {
			return b.Kind == avsc.Union || !fits(b, r)
		})
	case !w.Kind.IsPrimitive():
		return false
	case r.Kind == avsc.Union:
		return len(r.Branches) <= fewBranches && slices.ContainsFunc(r.Branches, func(b *avsc.Type) bool {
			return b.Kind != avsc.Union && fits(w, b)
		})
	}
	return r.Kind == w.Kind || promotes(w.Kind, r.Kind)
}

// fieldMatches are the names of the writer's fields that a reader's field
// stands for: its own name, and its aliases.
func fieldMatches(rf *avsc.Field, byName map[string]*avsc.Field) []string {
	var names []string
	if byName[rf.Name] != nil {
		names = append(names, rf.Name)
	}
	if len(rf.Aliases) == 0 {
		return names
	}
	seen := map[string]bool{rf.Name: true}
	for _, name := range rf.Aliases {
		if byName[name] != nil && !seen[name] {
			names, seen[name] = append(names, name), true
		}
	}
	return names
}

// names compares short names: a type may move to another namespace. An alias of
// the reader counts as a full name.
func (c *checker) names(w, r *avsc.Type, at *path) []*reason {
	if sameName(w, r) {
		return nil
	}
	return []*reason{{rule: NameMismatch, at: at.with("name"), detail: c.said("expected: " + w.Name.String()), writer: w, reader: r}}
}

func sameName(w, r *avsc.Type) bool {
	return w.Name.Short == r.Name.Short || slices.Contains(r.Aliases, w.Name)
}

func (c *checker) symbols(w, r *avsc.Type, at *path) []*reason {
	c.steps += (len(w.Symbols) + len(r.Symbols)) / namesInStep
	missing := missingSymbols(w, r)
	if len(missing) == 0 || r.Default != nil && slices.Contains(r.Symbols, *r.Default) {
		return nil
	}
	slices.Sort(missing)
	return []*reason{{rule: MissingEnumSymbols, at: at.with("symbols"), detail: c.said(list(missing)), writer: w, reader: r}}
}

// missingSymbols are the writer's that the reader lacks, in the writer's order.
func missingSymbols(w, r *avsc.Type) []string {
	has := make(map[string]bool, len(r.Symbols))
	for _, s := range r.Symbols {
		has[s] = true
	}
	var missing []string
	for _, s := range w.Symbols {
		if !has[s] {
			missing, has[s] = append(missing, s), true
		}
	}
	return missing
}

func sizes(w, r *avsc.Type, at *path) []*reason {
	if w.Size == r.Size {
		return nil
	}
	return []*reason{{rule: FixedSizeMismatch, at: at.with("size"), detail: fmt.Sprintf("expected: %d, found: %d", w.Size, r.Size), writer: w, reader: r}}
}

// mismatch compares two types of different kinds.
func mismatch(w, r *avsc.Type, at *path) []*reason {
	if promotes(w.Kind, r.Kind) {
		return nil
	}
	return []*reason{{rule: TypeMismatch, at: at, writer: w, reader: r,
		detail: fmt.Sprintf("reader type: %s not compatible with writer type: %s", word(r.Kind), word(w.Kind))}}
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
