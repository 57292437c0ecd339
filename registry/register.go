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
// as it is, and changes nothing. A schema that only a deleted version has becomes
// a new version with the same id, and takes the place of the deleted one. The
// whole is one change: parallel calls with one text make one version.
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
	d, err := r.prepare(ctx, reading{from: r.store, strict: true}, req.Schema)
	if err != nil {
		return Version{}, err
	}
	// The usual case, a schema that is there already, needs no lock.
	if v, err := findDraft(ctx, r.store, req.Subject, d, WithoutDeleted); !isNotFound(err) {
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
	if len(d.content.References) > 0 { // what they name may have gone since, or come anew
		var err error
		if d, err = r.prepare(ctx, reading{from: tx, strict: true}, req.Schema); err != nil {
			return Version{}, err
		}
	}
	if v, err := findDraft(ctx, tx, req.Subject, d, WithoutDeleted); !isNotFound(err) {
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
	if err != nil {
		return Version{}, err
	}
	if req.Version > 0 && req.Version != v.Number {
		return Version{}, fmt.Errorf("%w: the next version is %d, not %d", ErrInvalidSchema, v.Number, req.Version)
	}
	return v, removeTwins(ctx, tx, v)
}

// removeTwins removes the deleted versions of the subject in whose place a new one
// of the same content came. Those that a schema refers to stay.
func removeTwins(ctx context.Context, tx Tx, v Version) error {
	twins, err := tx.Uses(ctx, UsesQuery{Key: v.Key, Subject: v.Subject, Deleted: OnlyDeleted})
	if err != nil {
		return err
	}
	var numbers []int
	for _, twin := range twins { // none, in nearly all cases
		_, err := tx.FindReferral(ctx, ReferralQuery{To: twin, Deleted: WithDeleted})
		switch {
		case errors.Is(err, ErrVersionNotFound):
			numbers = append(numbers, twin.Version)
		case err != nil:
			return err
		}
	}
	return tx.RemoveVersions(ctx, v.Subject, numbers)
}

func findDraft(ctx context.Context, from Reader, subject string, d *draft, which Deleted) (Version, error) {
	return from.FindVersion(ctx, Query{Subject: subject, Hash: d.content.Hash, Meaning: d.content.Meaning, Deleted: which})
}

func isNotFound(err error) bool {
	return errors.Is(err, ErrSubjectNotFound) || errors.Is(err, ErrSchemaNotFound)
}

// LookupRequest asks where in a subject a schema is.
type LookupRequest struct {
	Subject string
	Schema  Schema
	Deleted Deleted
}

// Lookup answers the newest version of a subject that has the schema, or means
// the same. Errors: [ErrInvalidSchema], [ErrSubjectNotFound], [ErrSchemaNotFound].
func (r *Registry) Lookup(ctx context.Context, req LookupRequest) (Entry, error) {
	// The schema may be an old one, so its references may name deleted versions.
	d, err := r.prepare(ctx, reading{from: r.store, deleted: WithDeleted}, req.Schema)
	if err != nil {
		return Entry{}, fmt.Errorf("look up a schema in subject %q: %w", req.Subject, err)
	}
	v, err := findDraft(ctx, r.store, req.Subject, d, req.Deleted.one())
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
