package registry

import (
	"context"
	"fmt"
	"strings"
)

// SubjectsRequest asks for names of subjects.
type SubjectsRequest struct {
	// Prefix is what the names begin with. The contract's ":*:" before it, which
	// means all contexts, may stand there too.
	Prefix  string
	Deleted Deleted
	Page    Page
}

// Subjects lists the names of subjects, in the order of their bytes.
func (r *Registry) Subjects(ctx context.Context, req SubjectsRequest) ([]string, error) {
	for _, all := range []string{":*:", ":.:"} {
		req.Prefix = strings.TrimPrefix(req.Prefix, all)
	}
	names, err := r.store.Subjects(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list subjects: %w", err)
	}
	return names, nil
}

// VersionsRequest asks for the version numbers of a subject.
type VersionsRequest struct {
	Subject string
	Deleted Deleted
	Page    Page
}

// ListVersions lists version numbers of a subject, ascending, or answers
// [ErrSubjectNotFound] when it has none of the kind that is asked for.
func (r *Registry) ListVersions(ctx context.Context, req VersionsRequest) ([]int, error) {
	list, err := r.store.Versions(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list versions of subject %q: %w", req.Subject, err)
	}
	return list, nil
}

// Versions is ListVersions without deleted ones.
func (r *Registry) Versions(ctx context.Context, subject string, page Page) ([]int, error) {
	return r.ListVersions(ctx, VersionsRequest{Subject: subject, Page: page})
}

// VersionRequest asks for a version of a subject.
type VersionRequest struct {
	Subject string
	// Version is a number, or [Latest], which is never a deleted one.
	Version int
	Deleted Deleted
	// Resolved asks for the text with the references written out, so that it is
	// complete in itself. The list of references stays.
	Resolved bool
}

// ReadVersion answers a version of a subject. It is [ErrSubjectNotFound] when the
// subject has no version of the kind that is asked for, else [ErrVersionNotFound].
func (r *Registry) ReadVersion(ctx context.Context, req VersionRequest) (Entry, error) {
	fail := func(err error) (Entry, error) {
		return Entry{}, fmt.Errorf("read version %s of subject %q: %w", versionText(req.Version), req.Subject, err)
	}
	v, err := r.store.Version(ctx, SubjectVersion{req.Subject, req.Version}, req.Deleted.one())
	if err != nil {
		return fail(err)
	}
	e := v.entry()
	if !req.Resolved {
		return e, nil
	}
	if e.Text, err = r.resolvedText(ctx, v.Content); err != nil {
		return fail(err)
	}
	return e, nil
}

// Version is ReadVersion of one that is not deleted, [Latest] for the newest.
func (r *Registry) Version(ctx context.Context, subject string, version int) (Entry, error) {
	return r.ReadVersion(ctx, VersionRequest{Subject: subject, Version: version})
}

// ByID answers the schema of an id, also when all its versions are deleted, or
// [ErrSchemaNotFound]. The entry names no subject and no version: an id may have
// many.
func (r *Registry) ByID(ctx context.Context, id uint32) (Entry, error) {
	c, err := r.content(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Schema: c.Schema, ID: c.ID, GUID: c.Hash}, nil
}

// ResolvedByID is ByID with the references written out in the text, so that it
// is complete in itself. The list of references stays.
func (r *Registry) ResolvedByID(ctx context.Context, id uint32) (Entry, error) {
	c, err := r.content(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Schema: c.Schema, ID: c.ID, GUID: c.Hash}
	if e.Text, err = r.resolvedText(ctx, c); err != nil {
		return Entry{}, fmt.Errorf("read schema %d: %w", id, err)
	}
	return e, nil
}

func (r *Registry) content(ctx context.Context, id uint32) (Content, error) {
	c, err := r.store.Content(ctx, Key{DefaultContext, id})
	if err != nil {
		return Content{}, fmt.Errorf("read schema %d: %w", id, err)
	}
	return c, nil
}

func (r *Registry) resolvedText(ctx context.Context, c Content) (string, error) {
	if len(c.References) == 0 {
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
	ID      uint32
	Deleted Deleted
	Page    Page
}

// Uses lists the versions that have the schema of an id, by subject and number,
// or answers [ErrSchemaNotFound].
func (r *Registry) Uses(ctx context.Context, req UsesRequest) ([]SubjectVersion, error) {
	c, err := r.content(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	list, err := r.store.Uses(ctx, UsesQuery{Key: c.Key, Deleted: req.Deleted})
	if err != nil {
		return nil, fmt.Errorf("list versions of schema %d: %w", req.ID, err)
	}
	return Cut(list, req.Page), nil
}

// ReferencedByRequest asks what refers to a version.
type ReferencedByRequest struct {
	Subject string
	// Version is a number, or [Latest].
	Version int
	// Deleted is about the version as well as about those that refer to it.
	Deleted Deleted
	Page    Page
}

// ReferencedBy lists the ids of the schemas that refer to a version, ascending.
// Errors are those of [Registry.ReadVersion].
func (r *Registry) ReferencedBy(ctx context.Context, req ReferencedByRequest) ([]uint32, error) {
	e, err := r.ReadVersion(ctx, VersionRequest{Subject: req.Subject, Version: req.Version, Deleted: req.Deleted})
	if err != nil {
		return nil, err
	}
	list, err := r.store.Referrers(ctx, SubjectVersion{req.Subject, e.Version}, req.Deleted.one())
	if err != nil {
		return nil, fmt.Errorf("list referrers of version %d of subject %q: %w", e.Version, req.Subject, err)
	}
	return Cut(list, req.Page), nil
}
