package codegen

import (
	"crypto/md5" //nolint:gosec // MD5 is one of the fingerprints that Avro names; it secures nothing here
	"crypto/sha256"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// canonicalForm is the parsing canonical form of a named type: full names,
// and only what decides how bytes are parsed, in a fixed order.
func canonicalForm(n *namedType) string {
	w := &canonicalWriter{seen: map[*namedType]bool{}}
	w.named(n)
	return w.b.String()
}

type canonicalWriter struct {
	b    strings.Builder
	seen map[*namedType]bool
}

func (w *canonicalWriter) typ(t *schemaType) {
	switch t.kind {
	case kindRecord, kindEnum, kindFixed:
		w.named(t.named)
	case kindArray:
		w.b.WriteString(`{"type":"array","items":`)
		w.typ(t.item)
		w.b.WriteByte('}')
	case kindMap:
		w.b.WriteString(`{"type":"map","values":`)
		w.typ(t.item)
		w.b.WriteByte('}')
	case kindUnion:
		w.b.WriteByte('[')
		for i, b := range t.branches {
			w.comma(i)
			w.typ(b)
		}
		w.b.WriteByte(']')
	case kindNull, kindBoolean, kindInt, kindLong, kindFloat, kindDouble, kindBytes, kindString:
		w.b.WriteString(avrojson.Quote(string(t.kind)))
	}
}

func (w *canonicalWriter) named(n *namedType) {
	name := avrojson.Quote(n.fullName())
	if w.seen[n] {
		w.b.WriteString(name)
		return
	}
	w.seen[n] = true
	w.b.WriteString(`{"name":` + name + `,"type":"` + string(n.kind) + `"`)
	switch n.kind {
	case kindEnum:
		w.b.WriteString(`,"symbols":[`)
		for i, s := range n.symbols {
			w.comma(i)
			w.b.WriteString(avrojson.Quote(s))
		}
		w.b.WriteByte(']')
	case kindFixed:
		w.b.WriteString(`,"size":` + strconv.Itoa(n.size))
	default:
		w.b.WriteString(`,"fields":[`)
		for i, f := range n.fields {
			w.comma(i)
			w.b.WriteString(`{"name":` + avrojson.Quote(f.name) + `,"type":`)
			w.typ(f.typ)
			w.b.WriteByte('}')
		}
		w.b.WriteByte(']')
	}
	w.b.WriteByte('}')
}

func (w *canonicalWriter) comma(i int) {
	if i > 0 {
		w.b.WriteByte(',')
	}
}

// fingerprints are the three of the specification.
func fingerprints(canonical string) codec.Fingerprints {
	return codec.Fingerprints{
		CRC64:  rabin(canonical),
		MD5:    md5.Sum([]byte(canonical)), //nolint:gosec // see the import
		SHA256: sha256.Sum256([]byte(canonical)),
	}
}

// rabinEmpty is the fingerprint of no bytes, and the polynomial.
const rabinEmpty = 0xc15d213aa4d7a795

// rabinTable has the fingerprints of single bytes.
var rabinTable = func() (table [256]uint64) {
	for i := range table {
		fp := uint64(i)
		for range 8 {
			fp = fp>>1 ^ rabinEmpty&-(fp&1)
		}
		table[i] = fp
	}
	return table
}()

// rabin is CRC-64-AVRO.
func rabin(s string) uint64 {
	fp := uint64(rabinEmpty)
	for i := range len(s) {
		fp = fp>>8 ^ rabinTable[byte(fp)^s[i]]
	}
	return fp
}
