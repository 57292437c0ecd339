package registry

import (
	"context"
	"crypto/md5"
	"errors"
	"sync"
)

// maxTexts bounds the texts whose hash is known, some 5 MB of them.
const maxTexts = 50_000

// textCache knows the hash of content by the very text that was given: clients give
// the same text again and again, and then it need not be read to be found. Only
// texts that were read without an error, and have no references, are in it.
type textCache struct {
	mu   sync.RWMutex // guards hash
	hash map[Hash]Hash
}

func newTextCache() *textCache { return &textCache{hash: map[Hash]Hash{}} }

// key covers what the content depends on: the text, and how it is read.
func (how reading) key(s Schema) Hash {
	flags := byte(0)
	if how.strict {
		flags |= 1
	}
	if how.normalize {
		flags |= 2
	}
	b := make([]byte, 0, len(s.Text)+len(s.Type)+2)
	if s.Type == Avro {
		s.Type = "" // which says the same
	}
	b = append(append(append(b, flags), s.Type...), 0)
	return md5.Sum(append(b, s.Text...))
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
	key := how.key(s)
	r.texts.mu.RLock()
	hash, ok := r.texts.hash[key]
	r.texts.mu.RUnlock()
	if !ok {
		return Version{}, ErrSchemaNotFound
	}
	v, err := how.from.FindVersion(ctx, Query{Subject: subject, Hash: hash, Deleted: which})
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
	key, hash := how.key(s), ContentHash(Schema{Text: d.Text})
	r.texts.mu.Lock()
	defer r.texts.mu.Unlock()
	if len(r.texts.hash) >= maxTexts {
		clear(r.texts.hash)
	}
	r.texts.hash[key] = hash
}
