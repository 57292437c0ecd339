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
	if c.Type == Avro && len(c.References) > 0 && r.parsed.get(keyOf(c)) == nil {
		if err := r.weigh(ctx, from, c); err != nil {
			return nil, fmt.Errorf("stored schema %d: %w: %w", c.ID, ErrInvalidSchema, err)
		}
	}
	return r.parseWeighed(ctx, from, c)
}

// parseWeighed is parse of what is known not to be too much.
func (r *Registry) parseWeighed(ctx context.Context, from Reader, c Content) (*avsc.Schema, error) {
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
	size := 0
	s, err := avsc.Parse(c.Text, refs...)
	if err == nil {
		s, size, err = complete(s, c.Schema)
	}
	if err != nil {
		return nil, fmt.Errorf("stored schema %d: %w", c.ID, err)
	}
	r.parsed.put(keyOf(c), parsedSchema{s, size})
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
func avroMeaning(s *avsc.Schema) Hash { return hashed(s.AppendComparable) }

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

// parsedSchema is a schema and the bytes of the text that it was read from: it takes
// some ten times that.
type parsedSchema struct {
	*avsc.Schema
	bytes int
}

// maxParsedBytes bounds the texts of the parsed schemas that are kept.
const maxParsedBytes = 8 << 20

// parsedCache keeps the schemas of contents: so many, and of so many bytes, but for the
// one that came last, which may be the only one.
type parsedCache struct {
	mu    sync.RWMutex // guards byID and bytes
	byID  map[contentKey]parsedSchema
	most  int
	bytes int // of all in byID
}

func newParsedCache(most int) *parsedCache {
	return &parsedCache{byID: map[contentKey]parsedSchema{}, most: most}
}

func (c *parsedCache) get(k contentKey) *avsc.Schema {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.byID[k].Schema
}

func (c *parsedCache) put(k contentKey, s parsedSchema) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(k)
	for other := range c.byID {
		if len(c.byID) < c.most && c.bytes+s.bytes <= maxParsedBytes {
			break
		}
		c.drop(other) // whichever comes: reading it again is cheap
	}
	c.byID[k] = s
	c.bytes += s.bytes
}

func (c *parsedCache) drop(k contentKey) {
	c.bytes -= c.byID[k].bytes
	delete(c.byID, k)
}
