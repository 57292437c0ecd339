package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/avsc"
)

// ID answers the id under which the subject has the schema; it implements
// codec.IDSource. A version that says the same with references is found too.
// With [WithAutoRegister] a schema that the subject lacks is registered, else it
// is an error that wraps registry.ErrSubjectNotFound or registry.ErrSchemaNotFound.
// What another context has under the subject's name is not the subject's.
// With [WithLock] the lock file is looked into first.
//
// Answers are kept, also when the version is deleted later; errors are not.
// Callers that ask the same at the same time share one request.
func (c *Client) ID(ctx context.Context, subject string, s *codec.Schema) (uint32, error) {
	id, err := c.ids.do(ctx, subject+"\x00"+s.String(), func(ctx context.Context) (uint32, error) {
		l, err := c.locked(ctx)
		if err != nil {
			return 0, err
		}
		if id, err := l.find(subject, s.String()); !errors.Is(err, ErrNotLocked) {
			return id, err
		}
		return c.askID(ctx, subject, s.String())
	})
	if err != nil {
		return 0, fmt.Errorf("%s: id of %s in subject %q: %w", c.name, s.Name(), subject, err)
	}
	return id, nil
}

func (c *Client) askID(ctx context.Context, subject, text string) (uint32, error) {
	schema := registry.Schema{Type: registry.Avro, Text: text}
	e, err := c.Lookup(ctx, registry.LookupRequest{Subject: subject, Schema: schema})
	if err == nil {
		err = c.Own(ctx, subject, e)
	}
	missing := errors.Is(err, registry.ErrSubjectNotFound) || errors.Is(err, registry.ErrSchemaNotFound)
	switch {
	case missing && c.autoRegister:
		e, err = c.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: schema})
	case missing:
		return 0, fmt.Errorf("%w: register the schema first, or allow automatic registration", err)
	}
	return e.ID, err
}

// Schema answers the text of an id with all references written out; it
// implements codec.SchemaSource. An id that is not known is
// registry.ErrSchemaNotFound. Answers are kept, errors are not; callers that ask
// the same at the same time share one request.
func (c *Client) Schema(ctx context.Context, id uint32) (string, error) {
	text, err := c.texts.do(ctx, strconv.FormatUint(uint64(id), 10), func(ctx context.Context) (string, error) {
		l, err := c.locked(ctx)
		if err != nil {
			return "", err
		}
		if text, ok := l.texts[id]; ok {
			return text, nil
		}
		return c.askText(ctx, id)
	})
	if err != nil {
		return "", fmt.Errorf("%s: schema %d: %w", c.name, id, err)
	}
	return text, nil
}

func (c *Client) askText(ctx context.Context, id uint32) (string, error) {
	e, err := c.backend.ResolvedByID(ctx, id)
	if err != nil {
		return "", err
	}
	return c.resolved(ctx, e)
}

// resolved writes references out where the registry, asked to, has not done so.
func (c *Client) resolved(ctx context.Context, e registry.Entry) (string, error) {
	if len(e.References) == 0 {
		return e.Text, nil
	}
	if _, err := avsc.Parse(e.Text); err == nil {
		return e.Text, nil
	}
	s, err := c.Parse(ctx, e.Subject, e.Schema)
	if err != nil {
		return "", err
	}
	return s.Resolved(), nil
}

// Parse reads an Avro schema with the types that its references define, which the
// registry is asked for. Those that name no context are of the context of subject, the
// one that the schema is of or would be.
func (c *Client) Parse(ctx context.Context, subject string, s registry.Schema) (*avsc.Schema, error) {
	return c.parse(ctx, registryContext(subject), s, 0)
}

// ResolvedVersion is ReadVersion with all references written out, also where the
// registry cannot do so.
func (c *Client) ResolvedVersion(ctx context.Context, req registry.VersionRequest) (registry.Entry, error) {
	req.Resolved = true
	e, err := c.ReadVersion(ctx, req)
	if err == nil {
		e.Text, err = c.resolved(ctx, e)
	}
	return e, err
}

// maxReferenceDepth bounds the chain of references that a registry may answer.
const maxReferenceDepth = 50

func (c *Client) parse(ctx context.Context, contextName string, s registry.Schema, depth int) (*avsc.Schema, error) {
	if depth > maxReferenceDepth {
		return nil, fmt.Errorf("references lead on for more than %d steps", maxReferenceDepth)
	}
	var refs []*avsc.Schema
	for _, ref := range s.References {
		// A schema goes on being served by its id when it is deleted, and so does
		// what it refers to.
		subject := registry.Qualify(contextName, ref.Subject)
		dep, err := c.ReadVersion(ctx, registry.VersionRequest{Subject: subject, Version: ref.Version, Deleted: registry.WithDeleted})
		if err != nil {
			return nil, fmt.Errorf("reference %q: %w", ref.Name, err)
		}
		parsed, err := c.parse(ctx, registryContext(subject), dep.Schema, depth+1)
		if err != nil {
			return nil, fmt.Errorf("reference %q: %w", ref.Name, err)
		}
		refs = append(refs, parsed)
	}
	return avsc.Parse(s.Text, refs...)
}
