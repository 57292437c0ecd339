package tree

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/codegen"
	"github.com/schemactl/schemactl/registry"
)

// SubjectsName is the file of a tree that names subjects by hand.
const SubjectsName = "subjects.json"

// ErrSubjects says that the subjects of a tree cannot be told, or clash.
var ErrSubjects = errors.New("subjects of the schemas are wrong")

// Schema is a schema of a tree and where it goes.
type Schema struct {
	codegen.Definition
	// Subjects are mostly one.
	Subjects []string
}

// Tree is a folder of schemas. It is immutable.
type Tree struct {
	// Schemas are in the order in which they can be registered.
	Schemas []Schema
}

// Read reads the schema files of a folder. label stands before their paths in
// messages. Schemas that are wrong are a *codegen.SchemaError; subjects that two
// schemas would share, or that subjects.json gets wrong, are [ErrSubjects].
func Read(ctx context.Context, from fs.FS, label string, naming Naming) (*Tree, error) {
	definitions, err := codegen.Definitions(ctx, from, label)
	if err != nil {
		return nil, err
	}
	byHand, err := readSubjects(from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(label, SubjectsName), err)
	}
	t := &Tree{}
	for _, d := range definitions {
		subjects := byHand[d.Name]
		delete(byHand, d.Name)
		if len(subjects) == 0 {
			subjects = []string{naming.subject(d.Name, d.Topic)}
		}
		t.Schemas = append(t.Schemas, Schema{d, subjects})
	}
	return t, t.checkSubjects(byHand)
}

// readSubjects reads subjects.json, which may be missing: lists of subjects by the
// full name of a type.
func readSubjects(from fs.FS) (map[string][]string, error) {
	text, err := fs.ReadFile(from, SubjectsName)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string][]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	var byHand map[string][]string
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&byHand); err != nil || byHand == nil {
		return nil, fmt.Errorf(`%w: want an object of lists, such as {"shop.Order": ["orders-value"]}: %w`, ErrSubjects, err)
	}
	return byHand, nil
}

// checkSubjects says all that is wrong with the subjects; unknown are names of
// subjects.json that no schema has.
func (t *Tree) checkSubjects(unknown map[string][]string) error {
	var problems []string
	for name := range unknown {
		problems = append(problems, fmt.Sprintf("%s has %s, which no schema defines", SubjectsName, name))
	}
	slices.Sort(problems)
	taken := map[string]Schema{}
	for _, s := range t.Schemas {
		for _, subject := range s.Subjects {
			other, clash := taken[subject]
			switch {
			case subject == "":
				problems = append(problems, fmt.Sprintf("%s has an empty subject for %s", SubjectsName, s.Name))
			case clash && other.Topic != "" && other.Topic == s.Topic:
				problems = append(problems, fmt.Sprintf("%s and %s would be versions of the one subject %q: topic %s has several events, so name its subjects by topic-record (--strategy %[4]s=topic-record)",
					other.Name, s.Name, subject, s.Topic))
			case clash:
				problems = append(problems, fmt.Sprintf("%s and %s would be versions of the one subject %q: name another one in %s", other.Name, s.Name, subject, SubjectsName))
			}
			taken[subject] = s
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: %s", ErrSubjects, strings.Join(problems, "; "))
	}
	return nil
}

// whole is the schema complete in itself.
func (s Schema) whole() registry.Schema { return registry.Schema{Type: registry.Avro, Text: s.Whole} }
