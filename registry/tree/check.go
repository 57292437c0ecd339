package tree

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/compat"
)

// State is what a registry has, or would make, of a schema.
type State string

// The states.
const (
	// Unchanged: a version of the subject is the schema.
	Unchanged State = "unchanged"
	// NewSubject and NewVersion: it would become the first version, or another one.
	NewSubject State = "new subject"
	NewVersion State = "new version"
	// Refused: the registry would not take it.
	Refused State = "refused"
)

// Verdict is about one schema and one of its subjects.
type Verdict struct {
	Subject string
	Name    string
	File    string
	State   State
	// Version and ID are those of the version that is the schema; 0 while there is
	// none.
	Version int
	ID      uint32
	// Messages say why a schema is refused: each finding of the compatibility check,
	// or an error of the registry. Explanations say what breaks and what would pass.
	Messages     []string
	Explanations []compat.Explanation
}

// atOnce is how many questions a registry is asked at the same time.
const atOnce = 8

// Check asks a registry about every schema of the tree and changes nothing. The
// verdicts are in the order of the schemas. An error says that the registry could not
// be asked; what it would refuse is no error.
func (t *Tree) Check(ctx context.Context, c *client.Client) ([]Verdict, error) {
	var list []Verdict
	var texts []registry.Schema
	for _, s := range t.Schemas {
		for _, subject := range s.Subjects {
			list = append(list, Verdict{Subject: subject, Name: s.Name, File: s.File})
			// Complete in itself: the types that it refers to may not be registered yet.
			texts = append(texts, s.whole())
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range list {
		group.Go(func() error {
			return list[i].ask(ctx, c, registry.CheckRequest{Subject: list[i].Subject, Schema: texts[i]})
		})
	}
	return list, group.Wait()
}

// CheckOne asks a registry about one schema and changes nothing. With a version in the
// request the schema is compared with that one, and nothing else is looked at.
func CheckOne(ctx context.Context, c *client.Client, req registry.CheckRequest) (*Verdict, error) {
	v := &Verdict{Subject: req.Subject, State: NewVersion}
	if req.Version != 0 {
		return v, v.compare(ctx, c, req)
	}
	return v, v.ask(ctx, c, req)
}

// ask fills in a verdict: what is there already is taken in any mode.
func (v *Verdict) ask(ctx context.Context, c *client.Client, req registry.CheckRequest) error {
	e, err := c.Lookup(ctx, registry.LookupRequest{Subject: v.Subject, Schema: req.Schema, Normalize: req.Normalize})
	if err == nil {
		err = c.Own(ctx, v.Subject, e)
	}
	v.State = NewVersion
	switch {
	case err == nil:
		v.State, v.Version, v.ID = Unchanged, e.Version, e.ID
		return nil
	case errors.Is(err, registry.ErrSubjectNotFound):
		v.State = NewSubject
	case errors.Is(err, registry.ErrSchemaNotFound):
	default:
		return v.refuse(err)
	}
	mode, err := c.EffectiveMode(ctx, v.Subject)
	if errors.Is(err, client.ErrNotOffered) {
		mode, err = registry.ModeReadWrite, nil
	}
	if err != nil {
		return err
	}
	switch mode {
	case registry.ModeReadOnly, registry.ModeReadOnlyOverride, registry.ModeImport:
		v.State, v.Messages = Refused, []string{fmt.Sprintf("the subject is in the mode %s", mode)}
		return nil
	case registry.ModeReadWrite, registry.ModeForward:
	}
	return v.compare(ctx, c, req)
}

// compare asks for the registry's own verdict.
func (v *Verdict) compare(ctx context.Context, c *client.Client, req registry.CheckRequest) error {
	result, err := c.Check(ctx, req)
	if err != nil {
		return v.refuse(err)
	}
	if !result.Compatible {
		v.State, v.Messages = Refused, result.Messages
		v.Explanations, err = c.Explain(ctx, req, result)
	}
	return err
}

// refuse notes what a registry says about a schema; other errors are not about it.
func (v *Verdict) refuse(err error) error {
	for _, about := range []error{
		registry.ErrInvalidSchema, registry.ErrInvalidSubject, registry.ErrSchemaTooLarge, registry.ErrNotPermitted, registry.ErrIncompatible,
	} {
		if errors.Is(err, about) {
			v.State, v.Messages = Refused, []string{err.Error()}
			return nil
		}
	}
	return fmt.Errorf("subject %q: %w", v.Subject, err)
}
