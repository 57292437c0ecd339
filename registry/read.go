package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// VersionsRequest asks for the versions of a subject.
type VersionsRequest struct {
	Subject string
	Deleted Deleted
	Page    Page
}

// ListVersions lists version numbers of a subject, ascending, or answers
// [ErrSubjectNotFound] when it has none of the kind that is asked for.
func (r *Registry) ListVersions(ctx context.Context, req VersionsRequest) ([]int, error) {
	asked := req.Subject
	var list []int
	var err error
	if req.Subject, err = r.readName(ctx, asked, req.Deleted); err == nil {
		list, err = r.store.Versions(ctx, req)
	}
	if err != nil {
		return nil, fmt.Errorf("list versions of subject %q: %w", asked, err)
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
	// FindTags asks for what the text tags.
	FindTags bool
	// Qualified asks for references by the whole names of their subjects. Else they are
	// as they were given: a name without a context is one of the version's own.
	Qualified bool
}

// ReadVersion answers a version of a subject. It is [ErrSubjectNotFound] when the
// subject has no version of the kind that is asked for, else [ErrVersionNotFound].
func (r *Registry) ReadVersion(ctx context.Context, req VersionRequest) (Entry, error) {
	e, err := r.readVersion(ctx, req)
	if err != nil {
		return Entry{}, fmt.Errorf("read version %s of subject %q: %w", versionText(req.Version), req.Subject, err)
	}
	return e, nil
}

func (r *Registry) readVersion(ctx context.Context, req VersionRequest) (Entry, error) {
	subject, err := aliased(ctx, r.store, normalName(req.Subject))
	if err != nil {
		return Entry{}, err
	}
	v, err := r.store.Version(ctx, SubjectVersion{subject, req.Version}, req.Deleted.one())
	if errors.Is(err, ErrSubjectNotFound) { // it may be one of another context
		if subject, err = r.readName(ctx, req.Subject, req.Deleted.one()); err == nil {
			v, err = r.store.Version(ctx, SubjectVersion{subject, req.Version}, req.Deleted.one())
		}
	}
	if err != nil {
		return Entry{}, err
	}
	return r.shown(ctx, v, showing{resolved: req.Resolved, tags: req.FindTags, qualified: req.Qualified})
}

// showing says what an entry shows beside what is stored.
type showing struct{ resolved, tags, qualified bool }

func (r *Registry) shown(ctx context.Context, v Version, how showing) (Entry, error) {
	e := v.entry()
	var err error
	if how.resolved {
		e.Text, err = r.resolvedText(ctx, v.Content)
	}
	if how.tags && err == nil {
		e.Tags, err = r.tagged(ctx, r.store, v.Content)
	}
	if err != nil {
		return Entry{}, err
	}
	if how.qualified {
		e.References = slices.Clone(e.References)
		for i := range e.References {
			e.References[i].Subject = Qualify(v.Context, e.References[i].Subject)
		}
	}
	return e, nil
}

// Version is ReadVersion of one that is not deleted, [Latest] for the newest.
func (r *Registry) Version(ctx context.Context, subject string, version int) (Entry, error) {
	return r.ReadVersion(ctx, VersionRequest{Subject: subject, Version: version})
}

// MetadataRequest looks for a version by what is said about it.
type MetadataRequest struct {
	Subject string
	// Properties all have to be those of the version.
	Properties map[string]string
	Deleted    Deleted
	// Resolved is as for VersionRequest.
	Resolved bool
}

// ByMetadata answers the newest version whose metadata has all the properties.
// Errors are those of [Registry.ReadVersion].
func (r *Registry) ByMetadata(ctx context.Context, req MetadataRequest) (Entry, error) {
	fail := func(err error) (Entry, error) {
		return Entry{}, fmt.Errorf("find a version of subject %q by metadata: %w", req.Subject, err)
	}
	subject, err := r.readName(ctx, req.Subject, req.Deleted.one())
	if err != nil {
		return fail(err)
	}
	versions, err := r.store.History(ctx, VersionsRequest{Subject: subject, Deleted: req.Deleted.one()})
	if err != nil {
		return fail(err)
	}
	for _, v := range versions {
		if v.Metadata.has(req.Properties) {
			return r.shown(ctx, v, showing{resolved: req.Resolved})
		}
	}
	if len(versions) == 0 {
		return fail(ErrSubjectNotFound)
	}
	return fail(ErrVersionNotFound)
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
	list, err := r.store.Referrers(ctx, SubjectVersion{e.Subject, e.Version}, req.Deleted.one())
	if err != nil {
		return nil, fmt.Errorf("list referrers of version %d of subject %q: %w", e.Version, req.Subject, err)
	}
	return Cut(list, req.Page), nil
}
