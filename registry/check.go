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
	// Version is the one to compare with: a number, or Latest. With 0 the answer is
	// what Register would say, but for a mode in which the subject takes nothing, and
	// for ids: what is there is taken, what is new is compared with the versions that
	// the subject's level asks for.
	Version   int
	Normalize bool
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
	case err != nil && req.Version != 0:
		return CheckResult{}, fmt.Errorf("check subject %q against version %s: %w", req.Subject, versionText(req.Version), err)
	case err != nil:
		return CheckResult{}, fmt.Errorf("check subject %q: %w", req.Subject, err)
	case conflict != nil:
		return CheckResult{Messages: conflict.Messages(), Conflict: conflict}, nil
	}
	return CheckResult{Compatible: true}, nil
}

func (r *Registry) check(ctx context.Context, req CheckRequest) (*Conflict, error) {
	if req.Version != 0 {
		return r.checkOne(ctx, req)
	}
	p := placing{RegisterRequest: RegisterRequest{Subject: req.Subject, Schema: req.Schema, Normalize: req.Normalize}, asks: true}
	_, err := r.place(ctx, r.store, nil, &p)
	if refused, ok := errors.AsType[*IncompatibleError](err); ok {
		return &refused.Conflict, nil
	}
	if errors.Is(err, errChange) {
		err = nil
	}
	return nil, err
}

// checkOne compares with one version, whether Register would look at it or not.
func (r *Registry) checkOne(ctx context.Context, req CheckRequest) (*Conflict, error) {
	subject, err := r.writeName(ctx, r.store, req.Subject)
	if err != nil {
		return nil, err
	}
	s, err := scopeOf(ctx, r.store, subject)
	if err != nil {
		return nil, err
	}
	how := reading{from: r.store, context: s.context, normalize: s.normalizes(req.Normalize)}
	d, err := r.prepare(ctx, how, req.Schema)
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, r.store, s, d); err != nil {
		return nil, err
	}
	v, err := r.store.Version(ctx, SubjectVersion{subject, req.Version}, WithoutDeleted)
	switch {
	case errors.Is(err, ErrSubjectNotFound) && req.Version == Latest:
		return nil, nil
	case errors.Is(err, ErrSubjectNotFound):
		return nil, fmt.Errorf("%w: the subject has no versions", ErrVersionNotFound)
	case err != nil:
		return nil, err
	}
	if s.config.Level == LevelNone {
		return nil, nil
	}
	return r.compare(ctx, r.store, v, d, s.config)
}

// historyPage is how many versions are read at a time.
const historyPage = 100

// conflict compares a draft with the versions that a level asks for, newest
// first, and answers the first clash. Nil means that there is none.
func (r *Registry) conflict(ctx context.Context, from Reader, s scope, d *draft) (*Conflict, error) {
	level := s.config.Level
	if level == LevelNone {
		return nil, nil
	}
	req := VersionsRequest{Subject: s.subject, Page: Page{Limit: historyPage}}
	for {
		versions, err := from.History(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			if s.config.Group != "" && v.Metadata.property(s.config.Group) != d.Metadata.property(s.config.Group) {
				continue
			}
			if c, err := r.compare(ctx, from, v, d, s.config); c != nil || err != nil {
				return c, err
			}
			if !level.isTransitive() {
				return nil, nil
			}
		}
		if len(versions) < req.Page.Limit {
			return nil, nil
		}
		req.Page.Offset += len(versions)
	}
}

func (r *Registry) compare(ctx context.Context, from Reader, old Version, d *draft, config Config) (*Conflict, error) {
	level := config.Level
	if level == LevelNone {
		return nil, nil
	}
	c := Conflict{Level: level, ValidateFields: isSet(config.ValidateFields), Version: old.Number, OldSchema: old.Text}
	if old.Type != d.Type {
		c.OtherType = fmt.Sprintf("the schema is %s, version %d is %s", d.Type, old.Number, old.Type)
		return &c, nil
	}
	if d.avro == nil {
		return nil, fmt.Errorf("%w: whether a new version of a schema of type %s is compatible cannot be told here: "+
			"set the level of the subject to NONE to take it", ErrInvalidSchema, d.Type)
	}
	was, err := r.parse(ctx, from, old.Content)
	if err != nil {
		return nil, err
	}
	c.old, c.new = was, d.avro
	if level.oldReadsNew() {
		c.OldReadsNew = compat.Check(d.avro, was)
	}
	if level.newReadsOld() {
		c.NewReadsOld = compat.Check(was, d.avro)
	}
	if len(c.OldReadsNew)+len(c.NewReadsOld) == 0 {
		return nil, nil
	}
	return &c, nil
}
