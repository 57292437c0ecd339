package registry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/schemactl/schemactl/registry/avsc"
)

// draft is a schema that was given to the registry, read and ready to compare.
type draft struct {
	Schema
	// avro is complete in itself; nil for other types.
	avro *avsc.Schema
	// comparable is the hash of what avro says, once it was asked for: zero before.
	// Copies of a draft share it.
	comparable *Hash
}

// meaning is as for [Registry.meaning].
func (d *draft) meaning() Hash {
	if d.avro == nil {
		return textMeaning(d.Schema)
	}
	if *d.comparable == (Hash{}) {
		*d.comparable = avroMeaning(d.avro)
	}
	return *d.comparable
}

// content is the draft as content of a context.
func (d *draft) content(contextName string) Content {
	return Content{Key: Key{Context: contextName}, Schema: d.Schema, Hash: ContentHash(d.Schema)}
}

// reading says how a given schema is read.
type reading struct {
	// from has the schemas that references name, context is where names without
	// one are looked for.
	from    Reader
	context string
	// strict refuses what stored schemas may have but new ones may not.
	strict bool
	// normalize brings the text into its normal form.
	normalize bool
	// deleted tells which versions references may name.
	deleted Deleted
	// tags are changed in the text.
	tags avsc.TagChange
	// once, when it is not nil, keeps what comes of it.
	once *readOnce
}

// prepare reads a schema and resolves its references. What is wrong with the
// text itself is a *schemaError, anything else wraps another sentinel.
func (r *Registry) prepare(ctx context.Context, how reading, s Schema) (*draft, error) {
	if s.Type == "" {
		s.Type = Avro
	}
	switch {
	case s.Type != Avro && s.Type != JSON && s.Type != Protobuf:
		return nil, fmt.Errorf("%w: there is no type %q, only AVRO, JSON and PROTOBUF", ErrInvalidSchema, s.Type)
	case len(s.Text) > r.config.maxSchemaBytes:
		return nil, fmt.Errorf("%w: the text has %d bytes, the most is %d", ErrSchemaTooLarge, len(s.Text), r.config.maxSchemaBytes)
	case strings.TrimSpace(s.Text) == "":
		return nil, fmt.Errorf("%w: it is empty", ErrInvalidSchema)
	case !utf8.ValidString(s.Text):
		return nil, fmt.Errorf("%w: it is no UTF-8", ErrInvalidSchema)
	}
	if err := s.Rules.check(); err != nil {
		return nil, err
	}
	refs, found, err := r.resolve(ctx, how, s.References)
	if err != nil {
		return nil, err
	}
	if how.normalize {
		slices.SortFunc(refs, compareReferences)
		refs = slices.Compact(refs)
	}
	d := &draft{comparable: new(Hash)}
	d.Schema = Schema{Type: s.Type, Text: s.Text, References: refs, Metadata: s.Metadata.normal(), Rules: s.Rules}
	if before := how.once.same(how, d, found); before != nil {
		d.Text, d.avro, d.comparable = before.draft.Text, before.draft.avro, before.draft.comparable
		return d, before.err
	}
	given := *d
	err = r.read(ctx, how, d, found)
	how.once.keep(how, &given, found, d, err)
	if err == nil {
		r.learn(how, s, d)
	}
	return d, err
}

// read reads the text of a draft.
func (r *Registry) read(ctx context.Context, how reading, d *draft, found []Version) error {
	if d.Type != Avro && len(how.tags.Add)+len(how.tags.Remove) > 0 {
		return fmt.Errorf("%w: only Avro schemas can be tagged", ErrInvalidSchema)
	}
	switch d.Type {
	case Avro:
		return r.prepareAvro(ctx, how, d, found)
	case JSON:
		return prepareJSON(how, d)
	case Protobuf:
	}
	return nil
}

func compareReferences(a, b Reference) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Subject, b.Subject), cmp.Compare(a.Version, b.Version))
}

func (r *Registry) prepareAvro(ctx context.Context, how reading, d *draft, found []Version) error {
	if len(found) > 0 {
		if err := r.weigh(ctx, how.from, Content{Key: Key{Context: how.context}, Schema: d.Schema}); err != nil {
			return err
		}
	}
	refs, err := r.parseAll(ctx, how.from, found)
	if err != nil {
		return err
	}
	parsed, err := avsc.ParseTagged(d.Text, how.tags, refs...)
	if err != nil {
		return &schemaError{err}
	}
	if how.strict {
		if err := parsed.Validate(); err != nil {
			return &schemaError{err}
		}
	}
	if d.avro, _, err = complete(parsed, d.Schema); err != nil {
		return &schemaError{err}
	}
	d.Text = parsed.Canonical()
	if how.normalize {
		d.Text = parsed.Normalized()
	}
	return nil
}

// prepareJSON takes any JSON value and writes it without white space. Numbers stay
// as they are written.
func prepareJSON(how reading, d *draft) error {
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(d.Text)); err != nil {
		return &schemaError{fmt.Errorf("it is not one JSON value: %w", err)}
	}
	d.Text = out.String()
	if how.normalize {
		d.Text = avsc.SortedJSON(d.Text)
	}
	return nil
}

// complete writes references out, so that each name stands for one type. It answers
// the bytes of the text that it has read, too.
func complete(s *avsc.Schema, from Schema) (*avsc.Schema, int, error) {
	if len(from.References) == 0 {
		return s, len(from.Text), nil
	}
	text := s.Resolved()
	whole, err := avsc.Parse(text)
	return whole, len(text), err
}

// resolve finds the versions that references name. A reference that leads nowhere
// makes the schema invalid.
func (r *Registry) resolve(ctx context.Context, how reading, refs []Reference) ([]Reference, []Version, error) {
	var found []Reference
	var versions []Version
	for _, ref := range refs {
		if err := checkReference(ref); err != nil {
			return nil, nil, err
		}
		v, err := how.from.Version(ctx, SubjectVersion{Qualify(how.context, ref.Subject), ref.Version}, how.deleted)
		switch {
		case errors.Is(err, ErrSubjectNotFound), errors.Is(err, ErrVersionNotFound), errors.Is(err, ErrSchemaNotFound):
			return nil, nil, fmt.Errorf("%w: reference %q: there is no version %s of subject %q", ErrInvalidSchema, ref.Name, versionText(ref.Version), ref.Subject)
		case err != nil:
			return nil, nil, err
		}
		found = append(found, Reference{Name: ref.Name, Subject: ref.Subject, Version: v.Number})
		versions = append(versions, v)
	}
	return found, versions, nil
}

func (r *Registry) parseAll(ctx context.Context, from Reader, versions []Version) ([]*avsc.Schema, error) {
	var list []*avsc.Schema
	for _, v := range versions {
		if err := ctx.Err(); err != nil {
			return nil, err // reading goes on for a while, and nobody waits for it
		}
		s, err := r.parseWeighed(ctx, from, v.Content)
		switch {
		case errors.Is(err, ErrSchemaNotFound):
			return nil, fmt.Errorf("%w: a reference to version %d of subject %q leads nowhere", ErrInvalidSchema, v.Number, v.Subject)
		case err != nil:
			return nil, err
		case s == nil:
			return nil, fmt.Errorf("%w: a reference names version %d of subject %q, whose type is %s", ErrInvalidSchema, v.Number, v.Subject, v.Type)
		}
		list = append(list, s)
	}
	return list, nil
}

func checkReference(ref Reference) error {
	switch {
	case ref.Name == "" || ref.Subject == "":
		return fmt.Errorf("%w: a reference needs a name and a subject", ErrInvalidSchema)
	case len(ref.Name) > maxSubjectBytes || !utf8.ValidString(ref.Name) || strings.ContainsFunc(ref.Name, unicode.IsControl):
		return fmt.Errorf("%w: reference name %.100q is too long, has control characters or is no UTF-8", ErrInvalidSchema, ref.Name)
	case ref.Version == 0 || ref.Version < Latest:
		return fmt.Errorf("%w: reference %q: %d is no version", ErrInvalidSchema, ref.Name, ref.Version)
	}
	return nil
}

func versionText(n int) string {
	if n == Latest {
		return "latest"
	}
	return fmt.Sprint(n)
}
