package oracle_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository is where the schemas and the code made of them are.
var repository = filepath.Join("..", "..")

// unread are folders of schemas whose files Java does not read, each for a
// reason that the package comment gives. Their types are compared all the same.
var unread = []string{"golden_primitives"}

// goldenBatches are the packages of generated code that the repository keeps:
// they are compiled as they stand.
func goldenBatches(t *testing.T) []*batch {
	t.Helper()
	batches := []*batch{{name: "events", folder: "events", schemas: filepath.Join(repository, "schemas", "avro")}}
	for _, folder := range []string{"codegen/testdata/*/schemas", "codec/hambacompat/testdata/*/schemas"} {
		dirs, err := filepath.Glob(filepath.Join(repository, filepath.FromSlash(folder)))
		if err != nil || len(dirs) == 0 {
			t.Fatalf("no schemas in %s: %v", folder, err)
		}
		for _, dir := range dirs {
			parent := filepath.Dir(dir)
			rel, err := filepath.Rel(repository, parent)
			if err != nil {
				t.Fatal(err)
			}
			b := &batch{name: "golden_" + filepath.Base(parent), folder: filepath.ToSlash(rel) + "/golden", schemas: dir}
			text, err := os.ReadFile(filepath.Join(parent, "options.json"))
			if err == nil {
				err = json.Unmarshal(text, &b.options)
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			batches = append(batches, b)
		}
	}
	return batches
}

// load makes a sample of each type that the generated package has.
func (o *oracle) load(t *testing.T, b *batch) {
	t.Helper()
	g := &schemas{Rand: rand.New(rand.NewPCG(*seed, 99)), logical: true, prefix: "G"}
	for _, id := range o.ours.mustAsk(t, question{Op: "names"}).Names {
		name, ours := strings.CutPrefix(id, b.name+" ")
		if !ours {
			continue
		}
		text := o.ours.mustAsk(t, question{Op: "describe", Type: id}).Schema
		reader, err := parseSchema(text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", id, err, text)
		}
		s := &sample{batch: b, name: name, text: text, reader: reader}
		s.reader.markPairs(b.options.Maps == "pairs", b.options.Pairs)
		s.evolve(g)
		b.cases = append(b.cases, s)
	}
	if len(b.cases) == 0 {
		t.Fatalf("%s has no types", b.folder)
	}
}

// texts are what Java is to read: the files of the folder, or what the generated
// types say of themselves.
func (b *batch) texts(t *testing.T) []string {
	t.Helper()
	var all []string
	if slices.Contains(unread, b.name) {
		for _, s := range b.cases {
			all = append(all, s.text)
		}
		return all
	}
	err := filepath.WalkDir(b.schemas, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".avsc" {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, string(bytes.TrimPrefix(text, []byte("\ufeff")))) // Java takes no byte order mark
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
