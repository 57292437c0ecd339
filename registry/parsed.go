package registry

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/schemactl/schemactl/registry/avsc"
)

// parse reads stored content, leniently: it may be older than today's rules, and
// what it refers to may be deleted. It is nil for content that is not Avro. When
// the content was removed since it was read, it is ErrSchemaNotFound.
func (r *Registry) parse(ctx context.Context, from Reader, c Content) (*avsc.Schema, error) {
	if c.Type != Avro {
		return nil, nil
	}
	if s := r.parsed.get(keyOf(c)); s != nil {
		return s, nil
	}
	how := reading{from: from, context: c.Context, deleted: WithDeleted}
	_, found, err := r.resolve(ctx, how, c.References)
	var refs []*avsc.Schema
	if err == nil {
		refs, err = r.parseAll(ctx, from, found)
	}
	if err != nil {
		if _, gone := from.Content(ctx, c.Key); errors.Is(gone, ErrSchemaNotFound) {
			err = gone
		}
		return nil, fmt.Errorf("stored schema %d: %w", c.ID, err)
	}
	s, err := avsc.Parse(c.Text, refs...)
	if err == nil {
		s, err = complete(s, c.References)
	}
	if err != nil {
		return nil, fmt.Errorf("stored schema %d: %w", c.ID, err)
	}
	r.parsed.put(keyOf(c), s)
	return s, nil
}

// meaning is equal for contents whose texts are spelled differently and mean the
// same. Metadata and rules are left to others.
func (r *Registry) meaning(ctx context.Context, from Reader, c Content) (Hash, error) {
	key := keyOf(c).sum()
	if h, ok := r.meanings.get(key); ok {
		return h, nil
	}
	s, err := r.parse(ctx, from, c)
	if err != nil {
		return Hash{}, err
	}
	h := textMeaning(c.Schema)
	if s != nil {
		h = avroMeaning(s)
	}
	r.meanings.put(key, h)
	return h, nil
}

// textMeaning covers a schema that is not Avro: its text counts.
func textMeaning(s Schema) Hash { return ContentHash(Schema{Text: s.Text, References: s.References}) }

// avroMeaning covers what an Avro schema says with its references written out.
func avroMeaning(s *avsc.Schema) Hash { return md5.Sum([]byte(s.Comparable())) }

// tagged lists what a stored schema tags; nothing for one that is not Avro.
func (r *Registry) tagged(ctx context.Context, from Reader, c Content) ([]Tagged, error) {
	s, err := r.parse(ctx, from, c)
	if s == nil || err != nil {
		return nil, err
	}
	return s.Tagged(), nil
}

// contentKey is a content as a cache knows it. What an id stands for never changes
// once it is stored, but a change that is taken back has given ids, too, which then
// go to others: the hash tells them apart.
type contentKey struct {
	Key
	hash Hash
}

func keyOf(c Content) contentKey { return contentKey{c.Key, c.Hash} }

// sum stands for the key where many are kept: it has no pointers to follow.
func (k contentKey) sum() Hash {
	b := binary.BigEndian.AppendUint32(append(make([]byte, 0, 64), k.hash[:]...), k.ID)
	return md5.Sum(append(b, k.Context...))
}

// maxMeanings bounds what is known of contents beside their parsed schemas, twice over.
// It is small, so that all of it is kept in a usual registry.
const maxMeanings = 100_000

// parsedCache keeps the schemas of contents.
type parsedCache struct {
	mu   sync.RWMutex // guards byID
	byID map[contentKey]*avsc.Schema
	most int
}

func newParsedCache(most int) *parsedCache {
	return &parsedCache{byID: map[contentKey]*avsc.Schema{}, most: most}
}

func (c *parsedCache) get(k contentKey) *avsc.Schema {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.byID[k]
}

func (c *parsedCache) put(k contentKey, s *avsc.Schema) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.byID {
		if len(c.byID) < c.most {
			break
		}
		delete(c.byID, other) // whichever comes: reading it again is cheap
	}
	c.byID[k] = s
}
