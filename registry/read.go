package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SubjectsRequest asks for names of subjects.
type SubjectsRequest struct {
	// Prefix is what the whole names begin with. [AllContexts] before it asks for
	// the subjects of every context whose own names begin so.
	Prefix string
	// DefaultOnly leaves out the subjects of all contexts but the default one.
	DefaultOnly bool
	Deleted     Deleted
	Page        Page
}

// Subjects lists the whole names of subjects, in the order of their bytes.
func (r *Registry) Subjects(ctx context.Context, req SubjectsRequest) ([]string, error) {
	names, err := r.subjects(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list subjects: %w", err)
	}
	return names, nil
}

func (r *Registry) subjects(ctx context.Context, req SubjectsRequest) ([]string, error) {
	prefix, all := strings.CutPrefix(req.Prefix, AllContexts)
	if !all || prefix == "" {
		req.Prefix = normalName(prefix)
		req.DefaultOnly = req.DefaultOnly || strings.HasPrefix(prefix, ":.:")
		return r.store.Subjects(ctx, req)
	}
	contexts, err := r.store.Contexts(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range contexts {
		one := SubjectsRequest{Prefix: Qualify(name, prefix), DefaultOnly: name == DefaultContext, Deleted: req.Deleted}
		list, err := r.store.Subjects(ctx, one)
		if err != nil {
			return nil, err
		}
		names = append(names, list...)
	}
	slices.Sort(names)
	return Cut(names, req.Page), nil
}

// ListRequest asks for versions of many subjects.
type ListRequest struct {
	// Prefix and DefaultOnly are as for Subjects.
	Prefix      string
	DefaultOnly bool
	Deleted     Deleted
	// LatestOnly takes the newest version of each subject.
	LatestOnly bool
	Page       Page
}

// List lists versions by subject, then by number.
func (r *Registry) List(ctx context.Context, req ListRequest) ([]Entry, error) {
	names, err := r.subjects(ctx, SubjectsRequest{Prefix: req.Prefix, DefaultOnly: req.DefaultOnly, Deleted: anyOf(req.Deleted)})
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	var list []Entry
	skip := max(req.Page.Offset, 0)
	for _, name := range names {
		versions, err := r.store.History(ctx, VersionsRequest{Subject: name, Deleted: req.Deleted, Page: Page{Limit: map[bool]int{true: 1}[req.LatestOnly]}})
		if err != nil {
			return nil, fmt.Errorf("list schemas: %w", err)
		}
		if skip >= len(versions) {
			skip -= len(versions)
			continue
		}
		for _, v := range slices.Backward(versions) {
			switch {
			case skip > 0:
				skip--
			case req.Page.Limit > 0 && len(list) == req.Page.Limit:
				return list, nil
			default:
				list = append(list, v.entry())
			}
		}
		if req.Page.Limit > 0 && len(list) == req.Page.Limit {
			return list, nil
		}
	}
	return list, nil
}

// anyOf is which subjects may have versions of a kind.
func anyOf(which Deleted) Deleted {
	if which == WithoutDeleted {
		return WithoutDeleted
	}
	return WithDeleted
}

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
	subject, err := r.readName(ctx, req.Subject, req.Deleted.one())
	if err != nil {
		return Entry{}, err
	}
	v, err := r.store.Version(ctx, SubjectVersion{subject, req.Version}, req.Deleted.one())
	if err != nil {
		return Entry{}, err
	}
	e := v.entry()
	if req.Resolved {
		e.Text, err = r.resolvedText(ctx, v.Content)
	}
	return e, err
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
			return v.entry(), nil
		}
	}
	if len(versions) == 0 {
		return fail(ErrSubjectNotFound)
	}
	return fail(ErrVersionNotFound)
}

// IDRequest asks for the schema of an id.
type IDRequest struct {
	ID uint32
	// Subject says which context the id is of: a subject, or a context's
	// ":.name:". When it is empty the id is looked for in the default context, and
	// then in the others.
	Subject string
	// Resolved is as for VersionRequest.
	Resolved bool
}

// ReadID answers the schema of an id, also when all its versions are deleted, or
// [ErrSchemaNotFound]. The entry names one of the versions that have it: one of the
// subject that was asked for, if it has one.
func (r *Registry) ReadID(ctx context.Context, req IDRequest) (Entry, error) {
	c, err := r.content(ctx, req.ID, req.Subject)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Schema: c.Schema, ID: c.ID, GUID: c.Hash}
	if err := r.nameUse(ctx, c, req.Subject, &e); err != nil {
		return Entry{}, fmt.Errorf("read schema %d: %w", req.ID, err)
	}
	if req.Resolved {
		if e.Text, err = r.resolvedText(ctx, c); err != nil {
			return Entry{}, fmt.Errorf("read schema %d: %w", req.ID, err)
		}
	}
	return e, nil
}

// nameUse says in an entry which version has it.
func (r *Registry) nameUse(ctx context.Context, c Content, subject string, e *Entry) error {
	uses, err := r.store.Uses(ctx, UsesQuery{Key: c.Key, Deleted: WithDeleted})
	if err != nil || len(uses) == 0 {
		return err
	}
	use := uses[0]
	if i := slices.IndexFunc(uses, func(u SubjectVersion) bool { return u.Subject == normalName(subject) }); i >= 0 {
		use = uses[i]
	}
	v, err := r.store.Version(ctx, use, WithDeleted)
	if errors.Is(err, ErrSubjectNotFound) || errors.Is(err, ErrVersionNotFound) {
		return nil // removed since
	}
	e.Subject, e.Version, e.Created, e.Deleted = use.Subject, use.Version, v.Created, v.Deleted
	return err
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

func (r *Registry) content(ctx context.Context, id uint32, subject string) (Content, error) {
	contextName, _ := ContextOf(subject)
	c, err := r.store.Content(ctx, Key{contextName, id})
	if contextName == DefaultContext && errors.Is(err, ErrSchemaNotFound) {
		contexts, cerr := r.store.Contexts(ctx)
		for _, other := range contexts {
			if found, ferr := r.store.Content(ctx, Key{other, id}); ferr == nil {
				return found, nil
			}
		}
		err = errors.Join(err, cerr)
	}
	if err != nil {
		return Content{}, fmt.Errorf("read schema %d: %w", id, err)
	}
	return c, nil
}

// ByGUID answers the schema of a GUID, from whichever context has it, or
// [ErrSchemaNotFound].
func (r *Registry) ByGUID(ctx context.Context, guid Hash, resolved bool) (Entry, error) {
	keys, err := r.KeysByGUID(ctx, guid)
	if err != nil {
		return Entry{}, err
	}
	return r.ReadID(ctx, IDRequest{ID: keys[0].ID, Subject: contextScope(keys[0].Context), Resolved: resolved})
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
	c, err := r.content(ctx, req.ID, req.Subject)
	if err != nil {
		return nil, err
	}
	q := UsesQuery{Key: c.Key, Deleted: req.Deleted}
	if _, own := ContextOf(req.Subject); own != "" {
		q.Subject = normalName(req.Subject)
	}
	list, err := r.store.Uses(ctx, q)
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
	list, err := r.store.Referrers(ctx, SubjectVersion{e.Subject, e.Version}, req.Deleted.one())
	if err != nil {
		return nil, fmt.Errorf("list referrers of version %d of subject %q: %w", e.Version, req.Subject, err)
	}
	return Cut(list, req.Page), nil
}
