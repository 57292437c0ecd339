package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/schemactl/schemactl/registry/compat"
)

// CheckRequest asks whether a schema could become a version of a subject.
type CheckRequest struct {
	Subject string
	Schema  Schema
	// Version is the one to compare with: a number, or Latest. With 0 the schema
	// is compared with those that the subject's level asks for, as Register does.
	Version int
	// Verbose makes a text that cannot be read an answer instead of an error.
	Verbose bool
}

// CheckResult is the verdict. When the schema is refused, Messages say why in
// the contract's form, and Conflict says the same as data; Conflict is nil for
// a registry that is asked over HTTP and for a text that cannot be read.
type CheckResult struct {
	Compatible bool
	Messages   []string
	Conflict   *Conflict
}

// Check compares a schema with the versions of a subject at the subject's level
// and changes nothing. A subject without versions takes any schema, but a
// version that is asked for by number has to exist ([ErrVersionNotFound]). A
// schema that cannot be taken is [ErrInvalidSchema].
func (r *Registry) Check(ctx context.Context, req CheckRequest) (CheckResult, error) {
	conflict, err := r.check(ctx, req)
	var broken *schemaError
	switch {
	case errors.As(err, &broken) && req.Verbose:
		return CheckResult{Messages: []string{broken.Error()}}, nil
	case err != nil:
		return CheckResult{}, fmt.Errorf("check subject %q: %w", req.Subject, err)
	case conflict != nil:
		return CheckResult{Messages: conflict.Messages(), Conflict: conflict}, nil
	}
	return CheckResult{Compatible: true}, nil
}

func (r *Registry) check(ctx context.Context, req CheckRequest) (*Conflict, error) {
	d, err := r.prepare(ctx, reading{from: r.store}, req.Schema)
	if err != nil {
		return nil, err
	}
	level, err := effectiveLevel(ctx, r.store, req.Subject)
	if err != nil {
		return nil, err
	}
	if req.Version == 0 {
		return r.conflict(ctx, r.store, req.Subject, d, level)
	}
	v, err := r.store.Version(ctx, SubjectVersion{req.Subject, req.Version}, WithoutDeleted)
	switch {
	case errors.Is(err, ErrSubjectNotFound) && req.Version == Latest:
		return nil, nil
	case errors.Is(err, ErrSubjectNotFound):
		return nil, fmt.Errorf("%w: the subject has no versions", ErrVersionNotFound)
	case err != nil:
		return nil, err
	}
	return r.compare(ctx, r.store, v, d, level)
}

// historyPage is how many versions are read at a time.
const historyPage = 100

// conflict compares a draft with the versions that a level asks for, newest
// first, and answers the first clash. Nil means that there is none.
func (r *Registry) conflict(ctx context.Context, from Reader, subject string, d *draft, level Level) (*Conflict, error) {
	if level == LevelNone {
		return nil, nil
	}
	page := Page{Limit: 1}
	if level.isTransitive() {
		page.Limit = historyPage
	}
	for {
		versions, err := from.History(ctx, subject, page)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			if c, err := r.compare(ctx, from, v, d, level); c != nil || err != nil {
				return c, err
			}
		}
		if !level.isTransitive() || len(versions) < page.Limit {
			return nil, nil
		}
		page.Offset += len(versions)
	}
}

func (r *Registry) compare(ctx context.Context, from Reader, old Version, d *draft, level Level) (*Conflict, error) {
	was, err := r.parse(ctx, from, old.Content)
	if err != nil {
		return nil, err
	}
	c := Conflict{Level: level, Version: old.Number, OldSchema: old.Text}
	if level.oldReadsNew() {
		c.OldReadsNew = compat.Check(d.schema, was)
	}
	if level.newReadsOld() {
		c.NewReadsOld = compat.Check(was, d.schema)
	}
	if len(c.OldReadsNew)+len(c.NewReadsOld) == 0 {
		return nil, nil
	}
	return &c, nil
}
