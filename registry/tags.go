package registry

import (
	"context"
	"fmt"
)

// TagRequest asks for a version like another one that is tagged otherwise.
type TagRequest struct {
	Subject string
	// Version is the one that the new one is like: a number, or [Latest].
	Version int
	// NewVersion, when it is not 0, has to be the number that the new one gets.
	NewVersion int
	// Add and Remove change what the text tags, in this order.
	Add, Remove []Tagged
	// Metadata and Rules, when they are not nil, come instead of the version's.
	Metadata *Metadata
	Rules    *RuleSet
	// MergeRules come beside the rules, and instead of those of the same names;
	// before that those that RemoveRules names are left out.
	MergeRules  *RuleSet
	RemoveRules []string
}

// Tag makes a new version, also when the subject has one that says the same: its
// metadata tell the number. Errors are those of [Registry.ReadVersion] and of
// [Registry.Register]; a path that the schema does not have is [ErrInvalidSchema].
func (r *Registry) Tag(ctx context.Context, req TagRequest) (Entry, error) {
	var v Version
	var p placing
	// As for a registration, what is read here is kept for the change, which decides.
	_, _ = r.tag(ctx, r.store, nil, req, &p)
	err := r.store.Update(ctx, func(tx Tx) (err error) {
		v, err = r.tag(ctx, tx, tx, req, &p)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("tag version %s of subject %q: %w", versionText(req.Version), req.Subject, err)
	}
	return v.entry(), nil
}

// tag does all of it. Without a tx it ends with errChange in the end.
func (r *Registry) tag(ctx context.Context, from Reader, tx Tx, req TagRequest, p *placing) (Version, error) {
	subject, err := r.writeName(ctx, from, req.Subject)
	if err != nil {
		return Version{}, err
	}
	like, err := from.Version(ctx, SubjectVersion{subject, req.Version}, WithoutDeleted)
	if err != nil {
		return Version{}, err
	}
	next, err := nextVersion(ctx, from, subject)
	if err != nil {
		return Version{}, err
	}
	schema := like.Schema
	if req.Metadata != nil {
		schema.Metadata = req.Metadata
	}
	if req.Rules != nil {
		schema.Rules = req.Rules
	}
	schema.Metadata = schema.Metadata.withVersion(next)
	if schema.Rules = schema.Rules.without(req.RemoveRules); req.MergeRules != nil {
		schema.Rules = req.MergeRules.over(schema.Rules)
	}
	s, err := scopeOf(ctx, from, subject)
	if err != nil {
		return Version{}, err
	}
	p.RegisterRequest = RegisterRequest{Subject: subject, Schema: schema, Version: req.NewVersion, AddTags: req.Add, RemoveTags: req.Remove}
	if err := s.permits(p.RegisterRequest); err != nil {
		return Version{}, err
	}
	how, err := r.readingNew(ctx, from, s, p.RegisterRequest)
	if err != nil {
		return Version{}, err
	}
	d, err := r.prepareNew(ctx, s, p, how)
	if err != nil {
		return Version{}, err
	}
	if err := fill(ctx, from, s, d); err != nil {
		return Version{}, err
	}
	return r.add(ctx, from, tx, s, d, p.RegisterRequest)
}
