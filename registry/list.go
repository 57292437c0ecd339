package registry

import (
	"cmp"
	"context"
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
	// LatestOnly takes the newest version of each subject, of those asked for.
	LatestOnly bool
	// RuleType, when it is not empty, takes versions that have a rule of that type.
	RuleType string
	// Aliases asks for the other names of each subject too.
	Aliases bool
	Page    Page
}

// List lists versions by subject, then by number.
func (r *Registry) List(ctx context.Context, req ListRequest) ([]Entry, error) {
	versions, err := r.list(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	var aliases map[string][]string
	if req.Aliases && len(versions) > 0 {
		if aliases, err = r.aliases(ctx); err != nil {
			return nil, fmt.Errorf("list schemas: %w", err)
		}
	}
	entries := make([]Entry, len(versions))
	for i, v := range versions {
		entries[i] = v.entry()
		entries[i].Aliases = aliases[v.Subject]
	}
	return entries, nil
}

func (r *Registry) list(ctx context.Context, req ListRequest) ([]Version, error) {
	prefix, all := strings.CutPrefix(req.Prefix, AllContexts)
	if !all || prefix == "" {
		req.Prefix = normalName(prefix)
		req.DefaultOnly = req.DefaultOnly || strings.HasPrefix(prefix, ":.:")
		return r.store.List(ctx, req)
	}
	contexts, err := r.store.Contexts(ctx)
	if err != nil {
		return nil, err
	}
	var versions []Version
	for _, name := range contexts {
		one := req
		one.Prefix, one.DefaultOnly, one.Page = Qualify(name, prefix), name == DefaultContext, Page{}
		list, err := r.store.List(ctx, one)
		if err != nil {
			return nil, err
		}
		versions = append(versions, list...)
	}
	slices.SortStableFunc(versions, func(a, b Version) int { return cmp.Compare(a.Subject, b.Subject) })
	return Cut(versions, req.Page), nil
}

// aliases are the names that stand for each subject, by its whole name.
func (r *Registry) aliases(ctx context.Context) (map[string][]string, error) {
	names, err := r.store.ConfigNames(ctx)
	if err != nil {
		return nil, err
	}
	aliases := map[string][]string{}
	for _, name := range names {
		switch subject, err := aliased(ctx, r.store, name); {
		case err != nil:
			return nil, err
		case subject != name:
			aliases[subject] = append(aliases[subject], name)
		}
	}
	return aliases, nil
}
