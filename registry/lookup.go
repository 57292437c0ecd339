package registry

import (
	"context"
	"errors"
	"fmt"
)

// LookupRequest asks where in a subject a schema is.
type LookupRequest struct {
	Subject   string
	Schema    Schema
	Normalize bool
	Deleted   Deleted
	// Resolved is as for VersionRequest.
	Resolved bool
}

// Lookup answers the newest version of a subject that has the schema, or means
// the same. Errors: [ErrInvalidSchema], [ErrSubjectNotFound], [ErrSchemaNotFound].
func (r *Registry) Lookup(ctx context.Context, req LookupRequest) (Entry, error) {
	v, err := r.lookup(ctx, req)
	if err != nil {
		return Entry{}, fmt.Errorf("look up a schema in subject %q: %w", req.Subject, err)
	}
	return r.shown(ctx, v, showing{resolved: req.Resolved})
}

func (r *Registry) lookup(ctx context.Context, req LookupRequest) (Version, error) {
	subject, err := r.readName(ctx, req.Subject, req.Deleted.one())
	if err != nil {
		return Version{}, err
	}
	s, err := scopeOf(ctx, r.store, subject)
	if err != nil {
		return Version{}, err
	}
	// The schema may be an old one, so its references may name deleted versions.
	how := reading{from: r.store, context: s.context, deleted: WithDeleted, normalize: s.normalizes(req.Normalize)}
	if v, err := r.known(ctx, how, subject, req.Schema, req.Deleted.one()); !errors.Is(err, ErrSchemaNotFound) {
		return v, err
	}
	d, err := r.prepare(ctx, how, req.Schema)
	if err != nil {
		return Version{}, err
	}
	v, err := r.findMeaning(ctx, r.store, s, d, req.Deleted.one())
	if !errors.Is(err, ErrSchemaNotFound) || d.Metadata != nil || d.Rules != nil {
		return v, err
	}
	// The version may have what went without saying when it was registered.
	return r.findAny(ctx, r.store, s, d, req.Deleted.one(), meaningAlone)
}
