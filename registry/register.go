package registry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// RegisterRequest asks for a schema to become a version of a subject.
type RegisterRequest struct {
	Subject string
	Schema  Schema
	// Version, when it is not 0, has to be the number that the schema gets.
	Version int
	// ID has to be 0: ids are given out by the registry alone.
	ID uint32
}

// Register makes a schema the newest version of a subject and answers it. A
// schema that the subject has already, or one that means the same, is answered
// as it is, and changes nothing. The whole is one change: parallel calls with
// one text make one version.
//
// Errors: [ErrInvalidSubject], [ErrSchemaTooLarge], [ErrInvalidSchema] (also for
// a reference that leads nowhere), [ErrNotPermitted], and [IncompatibleError].
func (r *Registry) Register(ctx context.Context, req RegisterRequest) (Entry, error) {
	v, err := r.register(ctx, req)
	if err != nil {
		return Entry{}, fmt.Errorf("register subject %q: %w", req.Subject, err)
	}
	return v.entry(), nil
}

func (r *Registry) register(ctx context.Context, req RegisterRequest) (Version, error) {
	if err := checkSubject(req.Subject); err != nil {
		return Version{}, err
	}
	d, err := r.prepare(ctx, req.Schema, strict)
	if err != nil {
		return Version{}, err
	}
	// The usual case, a schema that is there already, needs no lock.
	if v, err := findDraft(ctx, r.store, req.Subject, d); !isNotFound(err) {
		return v, err
	}
	if req.ID != 0 {
		return Version{}, fmt.Errorf("%w: an id cannot be chosen, leave it out", ErrNotPermitted)
	}
	var v Version
	err = r.store.Update(ctx, func(tx Tx) (err error) {
		v, err = r.add(ctx, tx, req, d)
		return err
	})
	return v, err
}

func (r *Registry) add(ctx context.Context, tx Tx, req RegisterRequest, d *draft) (Version, error) {
	if v, err := findDraft(ctx, tx, req.Subject, d); !isNotFound(err) {
		return v, err
	}
	level, err := effectiveLevel(ctx, tx, req.Subject)
	if err != nil {
		return Version{}, err
	}
	conflict, err := r.conflict(ctx, tx, req.Subject, d, level)
	if err != nil {
		return Version{}, err
	}
	if conflict != nil {
		return Version{}, &IncompatibleError{Subject: req.Subject, Conflict: *conflict}
	}
	content, err := tx.AddContent(ctx, d.content)
	if err != nil {
		return Version{}, err
	}
	v, err := tx.AddVersion(ctx, Version{Content: content, Subject: req.Subject, Created: time.Now().UTC().Truncate(time.Millisecond)})
	if err == nil && req.Version > 0 && req.Version != v.Number {
		return Version{}, fmt.Errorf("%w: the next version is %d, not %d", ErrInvalidSchema, v.Number, req.Version)
	}
	return v, err
}

func findDraft(ctx context.Context, from Reader, subject string, d *draft) (Version, error) {
	return from.FindVersion(ctx, Query{Subject: subject, Hash: d.content.Hash, Meaning: d.content.Meaning})
}

func isNotFound(err error) bool {
	return errors.Is(err, ErrSubjectNotFound) || errors.Is(err, ErrSchemaNotFound)
}

// LookupRequest asks where in a subject a schema is.
type LookupRequest struct {
	Subject string
	Schema  Schema
}

// Lookup answers the newest version of a subject that has the schema, or means
// the same. Errors: [ErrInvalidSchema], [ErrSubjectNotFound], [ErrSchemaNotFound].
func (r *Registry) Lookup(ctx context.Context, req LookupRequest) (Entry, error) {
	d, err := r.prepare(ctx, req.Schema, lenient)
	if err != nil {
		return Entry{}, fmt.Errorf("look up a schema in subject %q: %w", req.Subject, err)
	}
	v, err := findDraft(ctx, r.store, req.Subject, d)
	if err != nil {
		return Entry{}, fmt.Errorf("look up a schema in subject %q: %w", req.Subject, err)
	}
	return v.entry(), nil
}

func (v Version) entry() Entry {
	return Entry{
		Schema: v.Schema, Subject: v.Subject, Version: v.Number,
		ID: v.ID, GUID: v.Hash, Created: v.Created,
	}
}
