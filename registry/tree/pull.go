package tree

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/atomicfile"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/client"
)

// ErrConflict says that subjects define a type differently, which one tree cannot.
var ErrConflict = errors.New("subjects define a type differently")

// PullRequest asks for schemas as files.
type PullRequest struct {
	// Dir is the folder to write to. It is made when it is missing.
	Dir string
	// Prefix is what the subjects' names begin with.
	Prefix string
	// Naming is what a push of the folder will use. Subjects that it would not give
	// are written into subjects.json.
	Naming Naming
}

// Pulled is a file that was asked for.
type Pulled struct {
	Subject string
	Version int
	ID      uint32
	// Path is that of the file; empty for a schema that no file of a tree can hold.
	Path    string
	Changed bool
}

// PullResult is what was written.
type PullResult struct {
	Files []Pulled
	// Notes say, in a line each, what a push of the folder would not give back.
	Notes []string
}

// latest is the newest version of a subject.
type latest struct {
	entry  registry.Entry
	parsed *avsc.Schema
	root   *avsc.Type
}

// fileName are the names that a path is made of: what a registry answers must not
// lead out of the folder.
var fileName = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`)

// puller gathers what is to be written before anything is.
type puller struct {
	client *client.Client
	have   map[string]*latest // by subject; nil for one that a tree cannot hold
	result PullResult
}

// Pull writes the newest version of every subject with the prefix, and of what these
// refer to, as a tree that [Read] reads: a file a type, named by its full name. Files
// are written whole, and only where they differ; none is removed.
//
// A push of the folder changes nothing in the registry, but for what the notes say. Two
// subjects that define a type differently are [ErrConflict], and nothing is written.
func Pull(ctx context.Context, c *client.Client, req PullRequest) (*PullResult, error) {
	p := &puller{client: c, have: map[string]*latest{}}
	subjects, err := c.Subjects(ctx, registry.SubjectsRequest{Prefix: req.Prefix})
	if err != nil {
		return nil, err
	}
	if len(subjects) == 0 {
		p.result.noteNone(req.Prefix)
	}
	for len(subjects) > 0 {
		subject := subjects[0]
		subjects = subjects[1:]
		if _, done := p.have[subject]; done {
			continue
		}
		more, err := p.read(ctx, subject)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, more...)
	}
	if err := p.compareReferences(ctx); err != nil {
		return nil, err
	}
	if err := p.write(req); err != nil {
		return nil, err
	}
	if len(p.result.Files) == 0 {
		return &p.result, nil
	}
	if _, err := Read(ctx, os.DirFS(req.Dir), req.Dir, req.Naming); err != nil {
		p.note("the folder cannot be pushed as it is: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return &p.result, nil
}

func (p *puller) note(format string, args ...any) {
	p.result.Notes = append(p.result.Notes, fmt.Sprintf(format, args...))
}

// noteNone says why nothing is written.
func (r *PullResult) noteNone(prefix string) {
	if prefix == "" {
		r.Notes = append(r.Notes, "the registry has no subjects")
		return
	}
	r.Notes = append(r.Notes, fmt.Sprintf("the registry has no subjects whose names begin with %q", prefix))
}

// read asks for the newest version of a subject and answers the subjects that it
// refers to.
func (p *puller) read(ctx context.Context, subject string) ([]string, error) {
	p.have[subject] = nil
	e, err := p.client.Version(ctx, subject, registry.Latest)
	if err == nil {
		err = p.client.Own(ctx, subject, e)
	}
	if errors.Is(err, registry.ErrSubjectNotFound) || errors.Is(err, registry.ErrVersionNotFound) {
		p.note("%s: it has no version, or none any more", subject)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if e.Type != registry.Avro {
		p.note("%s: left out, it is %s", subject, e.Type)
		return nil, nil
	}
	parsed, err := p.client.Parse(ctx, subject, e.Schema)
	if err != nil {
		return nil, fmt.Errorf("subject %q: %w", subject, err)
	}
	if !parsed.Root().Kind.IsNamed() {
		p.note("%s: left out, a file of a tree is a record, an enum or a fixed, and it is %s", subject, parsed.Root().Kind)
		return nil, nil
	}
	if name := parsed.Root().Name.String(); !fileName.MatchString(name) {
		p.note("%s: left out, %.80q is no Avro name", subject, name)
		return nil, nil
	}
	e.Subject = subject
	p.have[subject] = &latest{entry: e, parsed: parsed, root: parsed.Root()}
	var more []string
	for _, ref := range e.References {
		more = append(more, referred(subject, ref))
	}
	return more, nil
}

// referred is the whole name of what a version of a subject refers to: a name without a
// context is of the subject's.
func referred(subject string, ref registry.Reference) string {
	contextName, _ := registry.ContextOf(subject)
	return registry.Qualify(contextName, ref.Subject)
}

// compareReferences notes references to versions that the files do not hold.
func (p *puller) compareReferences(ctx context.Context) error {
	for _, subject := range slices.Sorted(maps.Keys(p.have)) {
		if p.have[subject] == nil {
			continue
		}
		for _, ref := range p.have[subject].entry.References {
			name := referred(subject, ref)
			to := p.have[name]
			if to == nil || to.entry.Version == ref.Version {
				continue
			}
			old, err := p.client.ReadVersion(ctx, registry.VersionRequest{Subject: name, Version: ref.Version, Deleted: registry.WithDeleted})
			if err != nil {
				return err
			}
			s, err := p.client.Parse(ctx, name, old.Schema)
			if err != nil {
				return err
			}
			if s.Comparable() != to.parsed.Comparable() {
				p.note("%s: it refers to version %d of %s, whose newest is %d: a push would make a new version of it", subject, ref.Version, name, to.entry.Version)
			}
		}
	}
	return nil
}

// write writes the files, and subjects.json where it is needed.
func (p *puller) write(req PullRequest) error {
	byName := map[string]*latest{}
	subjects, defaults := map[string][]string{}, map[string]string{}
	for _, subject := range slices.Sorted(maps.Keys(p.have)) {
		l := p.have[subject]
		if l == nil {
			continue
		}
		name := l.root.Name.String()
		if other := byName[name]; other != nil && other.parsed.Comparable() != l.parsed.Comparable() {
			return fmt.Errorf("%w: %s is not the same in %q and %q; pull them into folders of their own, by a prefix", ErrConflict, name, other.entry.Subject, subject)
		} else if other == nil {
			byName[name] = l
		}
		subjects[name] = append(subjects[name], subject)
		defaults[name] = req.Naming.subject(name, topicOf(l.root))
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		file := strings.ReplaceAll(name, ".", "/") + ".avsc"
		text := indented(byName[name].entry.Text)
		changed, err := writeBelow(req.Dir, file, text)
		if err != nil {
			return err
		}
		for _, subject := range subjects[name] {
			e := p.have[subject].entry
			p.result.Files = append(p.result.Files, Pulled{Subject: subject, Version: e.Version, ID: e.ID, Path: filepath.Join(req.Dir, file), Changed: changed})
		}
		if len(subjects[name]) == 1 && subjects[name][0] == defaults[name] {
			delete(subjects, name)
		}
	}
	return p.writeSubjects(req.Dir, subjects)
}

// writeSubjects brings subjects.json up to date. What it says of types that were not
// pulled stays.
func (p *puller) writeSubjects(dir string, subjects map[string][]string) error {
	all, err := readSubjects(os.DirFS(dir))
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, SubjectsName), err)
	}
	for _, l := range p.have {
		if l != nil {
			delete(all, l.root.Name.String())
		}
	}
	maps.Copy(all, subjects)
	if len(all) == 0 {
		if err := os.Remove(filepath.Join(dir, SubjectsName)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = writeBelow(dir, SubjectsName, append(text, '\n'))
	return err
}

// topicOf is the topic that a schema says it is an event of.
func topicOf(t *avsc.Type) string {
	for _, prop := range t.Props {
		var topic string
		if prop.Key == "schemactl.topic" && json.Unmarshal([]byte(prop.Value.String()), &topic) == nil {
			return topic
		}
	}
	return ""
}

// indented is a schema's text as people read it.
func indented(text string) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		return []byte(text)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func writeBelow(dir, file string, text []byte) (changed bool, err error) {
	name := filepath.Join(dir, filepath.FromSlash(path.Clean(file)))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return false, err
	}
	return atomicfile.Write(name, text)
}
