package registry

import (
	"context"
	"errors"
)

// maxTexts bounds the texts whose hash is known, 4 to 8 MB of them, twice over: a
// registry that has that many subjects knows the newest text of each.
const maxTexts = 100_000

// knownText is the hash of content by the very text that was given: clients give the
// same text again and again, and then it need not be read to be found. Only texts that
// were read without an error, and have no references, are known.
type knownText struct {
	hash Hash
	// strict says that the text passed what is asked of a new one, too.
	strict bool
}

// key covers what the content depends on: the text, and how it is read.
func (how reading) key(s Schema) Hash {
	flags := byte(0)
	if how.normalize {
		flags |= 1
	}
	if s.Type == Avro {
		s.Type = "" // which says the same
	}
	return hashed(func(b []byte) []byte {
		b = append(append(append(b, flags), s.Type...), 0)
		return append(b, s.Text...)
	})
}

func isPlain(s Schema) bool {
	return len(s.References) == 0 && s.Metadata == nil && s.Rules == nil
}

// known finds the version of a text that was read before. ErrSchemaNotFound says
// that it has to be read.
func (r *Registry) known(ctx context.Context, how reading, subject string, s Schema, which Deleted) (Version, error) {
	if !isPlain(s) || !how.tags.IsZero() {
		return Version{}, ErrSchemaNotFound
	}
	text, ok := r.texts.get(how.key(s))
	if !ok || how.strict && !text.strict {
		return Version{}, ErrSchemaNotFound
	}
	v, err := how.from.FindVersion(ctx, Query{Subject: subject, Hash: text.hash, Deleted: which})
	if errors.Is(err, ErrSubjectNotFound) {
		err = ErrSchemaNotFound // the text is still to be read, and may be wrong
	}
	if err == nil && v.Type != s.Type && (s.Type != "" || v.Type != Avro) {
		err = ErrSchemaNotFound // the reading says what is wrong
	}
	return v, err
}

// learn keeps the hash of a text that was read.
func (r *Registry) learn(how reading, s Schema, d *draft) {
	if !isPlain(s) || !how.tags.IsZero() {
		return
	}
	key := how.key(s)
	if known, ok := r.texts.get(key); !ok || how.strict && !known.strict {
		r.texts.put(key, knownText{ContentHash(Schema{Text: d.Text}), how.strict})
	}
}
