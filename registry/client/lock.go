package client

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/avsc"
)

// LockedEntry is one version of a subject in a lock file.
type LockedEntry struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
	ID      uint32 `json:"id"`
	// Fingerprint is what [Fingerprint] makes of the schema.
	Fingerprint string `json:"fingerprint"`
	// Schema is the schema's text, complete in itself.
	Schema string `json:"schema"`
}

// Fingerprint identifies what a schema means: two spellings of one schema have the
// same, with references or without. Unlike the fingerprints of the Avro
// specification it covers docs, defaults, aliases and logical types, because with
// others of these a schema has another id.
func Fingerprint(text string) (string, error) {
	s, err := avsc.Parse(text)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(s.Comparable()))
	return hex.EncodeToString(sum[:]), nil
}

// Lock is what a lock file says of one registry. It is a codec.IDSource and a
// codec.SchemaSource that needs no registry. It is immutable and safe for
// concurrent use.
type Lock struct {
	identity string
	entries  []LockedEntry // by subject and version
	texts    map[uint32]string
	ids      map[lockKey]uint32
}

type lockKey struct{ subject, fingerprint string }

var (
	_ codec.IDSource     = (*Lock)(nil)
	_ codec.SchemaSource = (*Lock)(nil)
)

func newLock(identity string, entries []LockedEntry) (*Lock, error) {
	l := &Lock{identity: identity, texts: map[uint32]string{}, ids: map[lockKey]uint32{}}
	l.entries = append([]LockedEntry{}, entries...)
	slices.SortFunc(l.entries, func(a, b LockedEntry) int {
		return cmp.Or(strings.Compare(a.Subject, b.Subject), a.Version-b.Version)
	})
	prints := map[uint32]string{}
	for i, e := range l.entries {
		at := fmt.Sprintf("registry %s: version %d of subject %q", identity, e.Version, e.Subject)
		if e.Subject == "" || e.Version < 1 || e.ID == 0 {
			return nil, fmt.Errorf("%s, id %d: a subject, a version from 1 and an id from 1 belong to an entry", at, e.ID)
		}
		if i > 0 && e.Subject == l.entries[i-1].Subject && e.Version == l.entries[i-1].Version {
			return nil, fmt.Errorf("%s is there twice", at)
		}
		got, err := Fingerprint(e.Schema)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		if got != e.Fingerprint {
			return nil, fmt.Errorf("%s: the fingerprint is not that of the schema: let 'schema push' write the file", at)
		}
		if other, ok := prints[e.ID]; ok && other != got && registryContext(e.Subject) == registry.DefaultContext {
			return nil, fmt.Errorf("%s: id %d has another schema too", at, e.ID)
		}
		// Ids count per context, and a frame has no context: the default one's count.
		if _, ok := l.texts[e.ID]; !ok || registryContext(e.Subject) == registry.DefaultContext {
			l.texts[e.ID] = e.Schema
		}
		if registryContext(e.Subject) == registry.DefaultContext {
			prints[e.ID] = got
		}
		l.ids[lockKey{e.Subject, got}] = e.ID // the newest version wins
	}
	return l, nil
}

// noLock has nothing.
var noLock = &Lock{}

// locked is what the client's lock file says of its registry.
func (c *Client) locked(ctx context.Context) (*Lock, error) {
	r, isRemote := c.backend.(*remote)
	if c.lock == nil || !isRemote {
		return noLock, nil
	}
	identity := r.config.identity
	if identity == "" && c.lock.locks[r.base] != nil {
		identity = r.base
	}
	// A registry is asked for its name only where the file has any.
	isNamed := func(identity string) bool { return strings.HasPrefix(identity, clusterPrefix) }
	if identity == "" && slices.ContainsFunc(c.lock.Registries(), isNamed) {
		var err error
		if identity, err = c.Identity(ctx); err != nil {
			return nil, fmt.Errorf("which registry of the lock file it is: %w", err)
		}
	}
	if l := c.lock.locks[identity]; l != nil {
		return l, nil
	}
	return noLock, nil
}

func registryContext(subject string) string {
	name, _ := registry.ContextOf(subject)
	return name
}

// Registry is the identity of the registry that the ids are of.
func (l *Lock) Registry() string { return l.identity }

// Entries lists what the lock holds, by subject and version.
func (l *Lock) Entries() []LockedEntry { return slices.Clone(l.entries) }

// ID answers the id that the subject's version with this schema has; it implements
// codec.IDSource. What the lock lacks is [ErrNotLocked].
func (l *Lock) ID(_ context.Context, subject string, s *codec.Schema) (uint32, error) {
	id, err := l.find(subject, s.String())
	if err != nil {
		return 0, fmt.Errorf("id of %s in subject %q: %w", s.Name(), subject, err)
	}
	return id, nil
}

func (l *Lock) find(subject, text string) (uint32, error) {
	if len(l.ids) == 0 {
		return 0, ErrNotLocked // whatever the text is
	}
	fingerprint, err := Fingerprint(text)
	if err != nil {
		return 0, err
	}
	id, ok := l.ids[lockKey{subject, fingerprint}]
	if !ok {
		return 0, fmt.Errorf("%w for registry %s: 'schema push' registers the schema and notes its id", ErrNotLocked, l.identity)
	}
	return id, nil
}

// Schema answers the text of an id, complete in itself; it implements
// codec.SchemaSource. An id that the lock lacks is [ErrNotLocked]; it is not
// registry.ErrSchemaNotFound, since the registry may well have it.
func (l *Lock) Schema(_ context.Context, id uint32) (string, error) {
	text, ok := l.texts[id]
	if !ok {
		return "", fmt.Errorf("schema %d: %w for registry %s", id, ErrNotLocked, l.identity)
	}
	return text, nil
}
