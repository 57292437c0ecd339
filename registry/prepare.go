package registry

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/schemactl/schemactl/registry/avsc"
)

// draft is a schema that was given to the registry, read and ready to compare.
type draft struct {
	content Content
	// schema is complete in itself.
	schema *avsc.Schema
}

// reading says how a given schema is read.
type reading struct {
	// from has the schemas that references name.
	from Reader
	// strict refuses what stored schemas may have but new ones may not.
	strict bool
	// deleted tells which versions references may name.
	deleted Deleted
}

// prepare reads a schema and resolves its references. What is wrong with the
// text itself is a *schemaError, anything else wraps another sentinel.
func (r *Registry) prepare(ctx context.Context, how reading, s Schema) (*draft, error) {
	switch {
	case s.Type != "" && s.Type != Avro:
		return nil, fmt.Errorf("%w: schemas of type %q are not taken here, only AVRO", ErrInvalidSchema, s.Type)
	case len(s.Text) > r.config.maxSchemaBytes:
		return nil, fmt.Errorf("%w: the text has %d bytes, the most is %d", ErrSchemaTooLarge, len(s.Text), r.config.maxSchemaBytes)
	case strings.TrimSpace(s.Text) == "":
		return nil, fmt.Errorf("%w: it is empty", ErrInvalidSchema)
	}
	refs, schemas, err := r.resolve(ctx, how, s.References)
	if err != nil {
		return nil, err
	}
	parsed, err := avsc.Parse(s.Text, schemas...)
	if err != nil {
		return nil, &schemaError{err}
	}
	if how.strict {
		if err := parsed.Validate(); err != nil {
			return nil, &schemaError{err}
		}
	}
	text := parsed.Canonical()
	whole, err := complete(parsed, refs)
	if err != nil {
		return nil, &schemaError{err}
	}
	return &draft{schema: whole, content: Content{
		Key:     Key{Context: DefaultContext},
		Schema:  Schema{Type: Avro, Text: text, References: refs},
		Hash:    contentHash(text, refs),
		Meaning: md5.Sum([]byte(whole.Comparable())),
	}}, nil
}

// complete writes references out, so that each name stands for one type.
func complete(s *avsc.Schema, refs []Reference) (*avsc.Schema, error) {
	if len(refs) == 0 {
		return s, nil
	}
	return avsc.Parse(s.Resolved())
}

// resolve finds the schemas that references name. A reference that leads
// nowhere makes the schema invalid.
func (r *Registry) resolve(ctx context.Context, how reading, refs []Reference) ([]Reference, []*avsc.Schema, error) {
	var found []Reference
	var schemas []*avsc.Schema
	for _, ref := range refs {
		if err := checkReference(ref); err != nil {
			return nil, nil, err
		}
		v, s, err := r.referred(ctx, how, ref)
		switch {
		case errors.Is(err, ErrSubjectNotFound), errors.Is(err, ErrVersionNotFound), errors.Is(err, ErrSchemaNotFound):
			return nil, nil, fmt.Errorf("%w: reference %q: there is no version %s of subject %q", ErrInvalidSchema, ref.Name, versionText(ref.Version), ref.Subject)
		case err != nil:
			return nil, nil, err
		}
		found = append(found, Reference{Name: ref.Name, Subject: ref.Subject, Version: v.Number})
		schemas = append(schemas, s)
	}
	return found, schemas, nil
}

func (r *Registry) referred(ctx context.Context, how reading, ref Reference) (Version, *avsc.Schema, error) {
	v, err := how.from.Version(ctx, SubjectVersion{ref.Subject, ref.Version}, how.deleted)
	if err != nil {
		return Version{}, nil, err
	}
	s, err := r.parse(ctx, how.from, v.Content)
	return v, s, err
}

func checkReference(ref Reference) error {
	switch {
	case ref.Name == "" || ref.Subject == "":
		return fmt.Errorf("%w: a reference needs a name and a subject", ErrInvalidSchema)
	case len(ref.Name) > maxSubjectBytes || !utf8.ValidString(ref.Name) || strings.ContainsFunc(ref.Name, unicode.IsControl):
		return fmt.Errorf("%w: reference name %.100q is too long, has control characters or is no UTF-8", ErrInvalidSchema, ref.Name)
	case ref.Version == 0 || ref.Version < Latest:
		return fmt.Errorf("%w: reference %q: %d is no version", ErrInvalidSchema, ref.Name, ref.Version)
	}
	return nil
}

func versionText(n int) string {
	if n == Latest {
		return "latest"
	}
	return fmt.Sprint(n)
}

// parse reads stored content, leniently: it may be older than today's rules, and
// what it refers to may be deleted. When it was removed since it was read, it is
// ErrSchemaNotFound.
func (r *Registry) parse(ctx context.Context, from Reader, c Content) (*avsc.Schema, error) {
	if s := r.parsed.get(c.Key); s != nil {
		return s, nil
	}
	_, refs, err := r.resolve(ctx, reading{from: from, deleted: WithDeleted}, c.References)
	if err != nil {
		if _, gone := from.Content(ctx, c.Key); errors.Is(gone, ErrSchemaNotFound) {
			err = gone
		}
		return nil, fmt.Errorf("stored schema %d: %w", c.ID, err)
	}
	s, err := avsc.Parse(c.Text, refs...)
	if err != nil {
		return nil, fmt.Errorf("stored schema %d: %w", c.ID, err)
	}
	if s, err = complete(s, c.References); err != nil {
		return nil, fmt.Errorf("stored schema %d: %w", c.ID, err)
	}
	r.parsed.put(c.Key, s)
	return s, nil
}

// parsedCache keeps the schemas of ids. What an id stands for never changes.
type parsedCache struct {
	mu   sync.Mutex // guards byID
	byID map[Key]*avsc.Schema
	most int
}

func newParsedCache(most int) *parsedCache {
	return &parsedCache{byID: map[Key]*avsc.Schema{}, most: most}
}

func (c *parsedCache) get(k Key) *avsc.Schema {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[k]
}

func (c *parsedCache) put(k Key, s *avsc.Schema) {
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
