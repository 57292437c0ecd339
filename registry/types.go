package registry

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Type is the language of a schema.
type Type string

// The types. An empty type means Avro. Of the other two the text is kept and
// versioned as it is, but it is not looked into: there is no check whether a new
// version is compatible, so all but the first need the level NONE.
const (
	Avro     Type = "AVRO"
	JSON     Type = "JSON"
	Protobuf Type = "PROTOBUF"
)

// Latest stands for the newest version of a subject wherever a version is asked for.
const Latest = -1

// Reference says that a schema uses a type which a version of a subject defines.
type Reference struct {
	// Name is the full name of the type.
	Name string `json:"name"`
	// Subject and Version say where it is defined. [Latest] is replaced by the
	// number that is newest when the reference is stored.
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Schema is a schema as people write it and as the registry gives it back.
type Schema struct {
	Type Type
	// Text is the schema's JSON. The registry answers its canonical text.
	Text string
	// References define the types that the text uses but does not define.
	References []Reference
	// Metadata and Rules go with the text: with others it is another content.
	// Both are nil when there are none.
	Metadata *Metadata
	Rules    *RuleSet
}

// Entry is one version of a subject.
type Entry struct {
	Schema
	Subject string
	// Version counts from 1 within the subject.
	Version int
	// ID is the same for the same content wherever it is registered.
	ID uint32
	// GUID is derived from the content alone, so it is the same in every registry.
	GUID Hash
	// Created is when the version was registered. It is zero when a registry
	// that is asked over HTTP does not say.
	Created time.Time
	// Deleted is set for a version that is deleted but not removed.
	Deleted bool
	// Tags are what the text tags, where that was asked for.
	Tags []Tagged
	// Aliases are other names of the subject, where that was asked for.
	Aliases []string
}

// SubjectVersion names a version of a subject.
type SubjectVersion struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Deleted says which versions a question is about. A version that was deleted,
// but not permanently, is still there for whoever asks for it by these words or
// by its id. [Latest] is the newest version that is not deleted, whatever is
// asked for.
type Deleted int

const (
	// WithoutDeleted leaves deleted versions out, and subjects that have no others.
	WithoutDeleted Deleted = iota
	// WithDeleted takes all.
	WithDeleted
	// OnlyDeleted takes deleted versions alone. As for subjects, it means those
	// all of whose versions are deleted. The contract has it for lists: where one
	// version is asked for it means WithDeleted.
	OnlyDeleted
)

// one is what holds where one version is asked for.
func (d Deleted) one() Deleted { return min(d, WithDeleted) }

// Takes tells whether a version that is deleted, or is not, is asked for.
func (d Deleted) Takes(isDeleted bool) bool {
	return d == WithDeleted || isDeleted == (d == OnlyDeleted)
}

// Page cuts a list. The zero value is the whole list.
type Page struct {
	// Offset skips that many; below 0 counts as 0.
	Offset int
	// Limit is the most that is answered; 0 and below mean all.
	Limit int
}

// Cut applies the page to a list that is in memory.
func Cut[T any](list []T, p Page) []T {
	list = list[min(max(p.Offset, 0), len(list)):]
	if p.Limit > 0 {
		list = list[:min(p.Limit, len(list))]
	}
	return list
}

// Hash identifies content. It is an MD5, which the contract asks for: it tells
// texts apart, it does not protect them.
type Hash [md5.Size]byte

// String writes the hash as a UUID is written.
func (h Hash) String() string { return string(h.Append(nil)) }

// Append appends what String writes.
func (h Hash) Append(dst []byte) []byte {
	for i, part := range [][]byte{h[:4], h[4:6], h[6:8], h[8:10], h[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

// ParseHash reads what [Hash.String] writes.
func ParseHash(text string) (Hash, error) {
	var h Hash
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != len(h) {
		return Hash{}, fmt.Errorf("%q is not a GUID", text)
	}
	copy(h[:], b)
	return h, nil
}

// ContentHash covers what makes content its own: the text, the references, the
// metadata and the rules, in the form that other registries hash, so that a GUID
// is the same everywhere.
func ContentHash(s Schema) Hash {
	return hashed(s.appendAll)
}

// appendAll appends all that makes content its own.
func (s Schema) appendAll(b []byte) []byte {
	b = append(b, s.Text...)
	for _, ref := range s.References {
		b = append(append(b, ref.Name...), ref.Subject...)
		b = binary.BigEndian.AppendUint32(b, uint32(ref.Version))
	}
	if s.Metadata != nil {
		b = appendTexts(append(b, 1), s.Metadata.texts())
	}
	if s.Rules != nil {
		b = appendTexts(append(b, 1), s.Rules.texts())
	}
	return b
}

func appendTexts(b []byte, texts []string) []byte {
	for _, text := range texts {
		b = append(b, text...)
	}
	return b
}

// ParseVersion reads a version as it stands in a path: a number from 1 on,
// "latest" in any letter case, or -1. Anything else is [ErrInvalidVersion].
func ParseVersion(text string) (int, error) {
	if strings.EqualFold(text, "latest") {
		return Latest, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n == 0 || n < Latest {
		return 0, fmt.Errorf("%w: %q is neither a number from 1 on nor latest", ErrInvalidVersion, text)
	}
	return int(n), nil
}
