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
	Prefix string
	Page   Page
}

// Subjects lists the names of subjects, in the order of their bytes.
func (r *Registry) Subjects(ctx context.Context, req SubjectsRequest) ([]string, error) {
	prefix := req.Prefix
	for _, all := range []string{":*:", ":.:"} {
		prefix = strings.TrimPrefix(prefix, all)
	}
	names, err := r.store.Subjects(ctx, prefix, req.Page)
	if err != nil {
		return nil, fmt.Errorf("list subjects: %w", err)
	}
	return names, nil
}

// Versions lists the version numbers of a subject, ascending, or answers
// [ErrSubjectNotFound].
func (r *Registry) Versions(ctx context.Context, subject string, page Page) ([]int, error) {
	list, err := r.store.Versions(ctx, subject, page)
	if err != nil {
		return nil, fmt.Errorf("list versions of subject %q: %w", subject, err)
	}
	return list, nil
}

// Version answers a version of a subject, [Latest] for the newest, or
// [ErrSubjectNotFound] or [ErrVersionNotFound].
func (r *Registry) Version(ctx context.Context, subject string, version int) (Entry, error) {
	v, err := r.store.Version(ctx, SubjectVersion{subject, version})
	if err != nil {
		return Entry{}, fmt.Errorf("read version %s of subject %q: %w", versionText(version), subject, err)
	}
	return v.entry(), nil
}

// ResolvedVersion is Version with the references written out in the text.
func (r *Registry) ResolvedVersion(ctx context.Context, subject string, version int) (Entry, error) {
	v, err := r.store.Version(ctx, SubjectVersion{subject, version})
	if err != nil {
		return Entry{}, fmt.Errorf("read version %s of subject %q: %w", versionText(version), subject, err)
	}
	e := v.entry()
	if e.Text, err = r.resolvedText(ctx, v.Content); err != nil {
		return Entry{}, fmt.Errorf("read version %d of subject %q: %w", v.Number, subject, err)
	}
	return e, nil
}

// ByID answers the schema of an id, or [ErrSchemaNotFound]. The entry names no
// subject and no version: an id may have many.
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

// Uses lists the versions that have the schema of an id, by subject and number,
// or answers [ErrSchemaNotFound].
func (r *Registry) Uses(ctx context.Context, id uint32, page Page) ([]SubjectVersion, error) {
	if _, err := r.content(ctx, id); err != nil {
		return nil, err
	}
	list, err := r.store.Uses(ctx, Key{DefaultContext, id})
	if err != nil {
		return nil, fmt.Errorf("list versions of schema %d: %w", id, err)
	}
	return Cut(list, page), nil
}

// ReferencedBy lists the ids of the schemas that refer to a version, ascending.
// [ErrSubjectNotFound] or [ErrVersionNotFound].
func (r *Registry) ReferencedBy(ctx context.Context, subject string, version int, page Page) ([]uint32, error) {
	e, err := r.Version(ctx, subject, version)
	if err != nil {
		return nil, err
	}
	list, err := r.store.Referrers(ctx, SubjectVersion{subject, e.Version})
	if err != nil {
		return nil, fmt.Errorf("list referrers of version %d of subject %q: %w", e.Version, subject, err)
	}
	return Cut(list, page), nil
}
