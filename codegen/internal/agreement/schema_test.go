package agreement_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

// TestNothingForgotten compares the tables of types and constructors with the
// source of the generated packages.
func TestNothingForgotten(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("../../testdata/*/golden")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no golden folders: %v", err)
	}
	var types, made []string
	for _, dir := range append(dirs, "../../../events") {
		paths, err := filepath.Glob(filepath.Join(dir, "*.gen.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no files in %s: %v", dir, err)
		}
		folder := filepath.Base(strings.TrimSuffix(dir, "/golden"))
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				switch {
				case ok && f.Recv != nil && f.Name.Name == "AvroSchema":
					types = append(types, folder+"."+pointed(f.Recv.List[0].Type))
				case ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "New"):
					made = append(made, folder+"."+pointed(f.Type.Results.List[0].Type))
				}
			}
		}
	}
	var have, can []string
	for _, r := range records {
		have = append(have, typeName(r))
	}
	for _, construct := range constructors {
		can = append(can, typeName(construct()))
	}
	order := cmpopts.SortSlices(strings.Compare)
	if diff := cmp.Diff(types, have, order); diff != "" {
		t.Errorf("table of types (-generated +table):\n%s", diff)
	}
	if diff := cmp.Diff(made, can, order); diff != "" {
		t.Errorf("table of constructors (-generated +table):\n%s", diff)
	}
}

// pointed is the name of T in *T.
func pointed(e ast.Expr) string {
	if p, ok := e.(*ast.StarExpr); ok {
		if name, ok := p.X.(*ast.Ident); ok {
			return name.Name
		}
	}
	return "?"
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		s, err := avro.Parse(r.AvroSchema().String())
		if err != nil {
			t.Fatal(err)
		}
		fp := r.AvroSchema().Fingerprints()
		if got := s.Fingerprint(avro.NewRabin()); !bytes.Equal(got, binary.BigEndian.AppendUint64(nil, fp.CRC64)) {
			t.Errorf("CRC-64-AVRO %x, want %x of %s", fp.CRC64, got, s.Canonical())
		}
		if got := s.Fingerprint(md5.New()); !bytes.Equal(got, fp.MD5[:]) {
			t.Errorf("MD5 %x, want %x", fp.MD5, got)
		}
		if got := s.Fingerprint(sha256.New()); !bytes.Equal(got, fp.SHA256[:]) {
			t.Errorf("SHA-256 %x, want %x", fp.SHA256, got)
		}
		if got := s.Root(); got.Namespace+"."+got.Name != r.AvroSchema().Name() && got.Name != r.AvroSchema().Name() {
			t.Errorf("name %s, want %s.%s", r.AvroSchema().Name(), got.Namespace, got.Name)
		}
	})
}
