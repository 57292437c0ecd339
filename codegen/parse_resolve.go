package codegen

import (
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// pendingRef is a name that is looked up once all files are read.
type pendingRef struct {
	file *schemaFile
	path string
	json *avrojson.Value
	full string
	// simple is what the source says when full has the namespace in front.
	simple string
	into   *schemaType
}

// pendingUnion is a union whose branches are compared once they are known.
type pendingUnion struct {
	file  *schemaFile
	path  string
	union *schemaType
}

// resolve looks up all names that were mentioned. A simple name that its
// namespace does not have is one without a namespace, as Avro's own library
// takes it.
func (p *parser) resolve() {
	for _, r := range p.pending {
		n := p.types[r.full]
		if n == nil && r.simple != "" {
			n = p.types[r.simple]
		}
		if n == nil {
			if !p.excused(r) {
				p.undefined(r)
			}
			continue
		}
		p.refs[r.json] = n
		r.into.kind, r.into.named, r.into.logical = n.kind, n, n.logical
	}
	p.pending = nil
}

// excused says that a name is missing because of a problem noted elsewhere.
func (p *parser) excused(r pendingRef) bool {
	return p.broken[r.full] || p.broken[r.simple] || p.lost[r.full[strings.LastIndexByte(r.full, '.')+1:]]
}

func (p *parser) undefined(r pendingRef) {
	if p.full() {
		p.more++
		return
	}
	p.failIn(r.file, r.json, r.path, "type %s is not defined in any file%s", r.full, p.hint(r.full))
}

// hint names a type that was probably meant.
func (p *parser) hint(full string) string {
	short := full[strings.LastIndexByte(full, '.')+1:]
	var found []string
	for name, n := range p.types {
		if strings.EqualFold(n.name, short) {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	const most = 5
	if len(found) > most {
		found = append(found[:most], "…")
	}
	return "; there is " + strings.Join(found, ", ")
}

// checkUnions finds branches that no writer could tell apart: two of one kind,
// or of one name.
func (p *parser) checkUnions() {
	for _, u := range p.unions {
		seen := make(map[string]bool, len(u.union.branches))
		for _, b := range u.union.branches {
			name := branchKey(b)
			if name != "" && seen[name] {
				p.failIn(u.file, b.json, u.path, "a union may hold %s only once", name)
			}
			seen[name] = true
		}
	}
	p.unions = nil
}

// branchKey is what tells a branch of a union from the others.
func branchKey(t *schemaType) string {
	if t.named != nil {
		return t.named.fullName()
	}
	return string(t.kind)
}

// branchKeys lists the branches of a union.
func branchKeys(t *schemaType) string {
	names := make([]string, len(t.branches))
	for i, b := range t.branches {
		names[i] = branchKey(b)
	}
	return strings.Join(names, ", ")
}
