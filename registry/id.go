package registry

import (
	"context"
	"errors"
	"fmt"
)

// IDRequest asks for the schema of an id.
type IDRequest struct {
	ID uint32
	// Subject says which context the id is of: a subject, or a context's
	// ":.name:". When it is empty the id is looked for in the default context, and
	// then in the others.
	Subject string
	// Resolved, FindTags and Qualified are as for VersionRequest.
	Resolved, FindTags, Qualified bool
}

// ReadID answers the schema of an id, also when all its versions are deleted, or
// [ErrSchemaNotFound]. The entry names one of the versions that have it: one of the
// subject that was asked for, if it has one.
func (r *Registry) ReadID(ctx context.Context, req IDRequest) (Entry, error) {
	v, err := r.versionByID(ctx, req.ID, req.Subject)
	if err == nil {
		var e Entry
		if e, err = r.shown(ctx, v, showing{resolved: req.Resolved, tags: req.FindTags, qualified: req.Qualified}); err == nil {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("read schema %d: %w", req.ID, err)
}

// versionByID finds an id in the context of a subject. Without a context it is the
// default one; when that has no such id, or none that the subject has, it is another
// one that has.
func (r *Registry) versionByID(ctx context.Context, id uint32, subject string) (Version, error) {
	name := normalName(subject)
	if name != "" {
		var err error
		if name, err = aliased(ctx, r.store, name); err != nil {
			return Version{}, err
		}
	}
	contextName, own := ContextOf(name)
	wanted := func(contextName string) string {
		if own == "" {
			return ""
		}
		return Qualify(contextName, own)
	}
	v, err := r.store.VersionByID(ctx, Key{contextName, id}, wanted(contextName))
	if contextName != DefaultContext || err == nil && (own == "" || v.Subject == own) || err != nil && !errors.Is(err, ErrSchemaNotFound) {
		return v, err
	}
	contexts, listErr := r.store.Contexts(ctx)
	if listErr != nil {
		return Version{}, listErr
	}
	for _, other := range contexts {
		if other == DefaultContext {
			continue
		}
		found, findErr := r.store.VersionByID(ctx, Key{other, id}, wanted(other))
		switch {
		case findErr != nil:
		case found.Subject == wanted(other):
			return found, nil
		case err != nil:
			v, err = found, nil
		}
	}
	return v, err
}

// ByID is ReadID of an id of the default context.
func (r *Registry) ByID(ctx context.Context, id uint32) (Entry, error) {
	return r.ReadID(ctx, IDRequest{ID: id})
}

// ResolvedByID is ByID with the references written out in the text, so that it
// is complete in itself. The list of references stays.
func (r *Registry) ResolvedByID(ctx context.Context, id uint32) (Entry, error) {
	return r.ReadID(ctx, IDRequest{ID: id, Resolved: true})
}

// LastID is the highest id that was given in the context of a subject.
func (r *Registry) LastID(ctx context.Context, subject string) (uint32, error) {
	contextName, _ := ContextOf(subject)
	id, err := r.store.LastID(ctx, contextName)
	if err != nil {
		return 0, fmt.Errorf("read the last id: %w", err)
	}
	return id, nil
}

// GUIDRequest asks for the schema of a GUID.
type GUIDRequest struct {
	GUID Hash
	// Resolved and FindTags are as for VersionRequest.
	Resolved, FindTags bool
}

// ByGUID answers the schema of a GUID, from whichever context has it, or
// [ErrSchemaNotFound].
func (r *Registry) ByGUID(ctx context.Context, req GUIDRequest) (Entry, error) {
	keys, err := r.KeysByGUID(ctx, req.GUID)
	if err != nil {
		return Entry{}, err
	}
	v, err := r.store.VersionByID(ctx, keys[0], "")
	if err == nil {
		var e Entry
		if e, err = r.shown(ctx, v, showing{resolved: req.Resolved, tags: req.FindTags}); err == nil {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("read schema %s: %w", req.GUID, err)
}

// KeysByGUID lists the ids that a GUID has in all contexts, or answers
// [ErrSchemaNotFound].
func (r *Registry) KeysByGUID(ctx context.Context, guid Hash) ([]Key, error) {
	keys, err := r.store.KeysByHash(ctx, guid)
	if err == nil && len(keys) == 0 {
		err = ErrSchemaNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read schema %s: %w", guid, err)
	}
	return keys, nil
}

func (r *Registry) resolvedText(ctx context.Context, c Content) (string, error) {
	if len(c.References) == 0 || c.Type != Avro {
		return c.Text, nil
	}
	s, err := r.parse(ctx, r.store, c)
	if err != nil {
		return "", err
	}
	return s.Resolved(), nil
}

// UsesRequest asks for the versions of an id.
type UsesRequest struct {
	ID uint32
	// Subject is as for IDRequest.
	Subject string
	Deleted Deleted
	Page    Page
}

// Uses lists the versions that have the schema of an id, by subject and number,
// or answers [ErrSchemaNotFound].
func (r *Registry) Uses(ctx context.Context, req UsesRequest) ([]SubjectVersion, error) {
	list, err := r.uses(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list versions of schema %d: %w", req.ID, err)
	}
	return Cut(list, req.Page), nil
}

func (r *Registry) uses(ctx context.Context, req UsesRequest) ([]SubjectVersion, error) {
	v, err := r.versionByID(ctx, req.ID, req.Subject)
	if err != nil {
		return nil, err
	}
	q := UsesQuery{Key: v.Key, Deleted: req.Deleted}
	if _, own := ContextOf(req.Subject); own != "" {
		name, err := aliased(ctx, r.store, normalName(req.Subject))
		if err != nil {
			return nil, err
		}
		q.Subject = Qualify(v.Context, name)
	}
	return r.store.Uses(ctx, q)
}

// UsedBy lists the subjects that have the schema of an id, in the order of their
// bytes, or answers [ErrSchemaNotFound].
func (r *Registry) UsedBy(ctx context.Context, req UsesRequest) ([]string, error) {
	uses, err := r.uses(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list subjects of schema %d: %w", req.ID, err)
	}
	var names []string
	for _, use := range uses {
		if len(names) == 0 || names[len(names)-1] != use.Subject {
			names = append(names, use.Subject)
		}
	}
	return Cut(names, req.Page), nil
}
