package registry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/schemactl/schemactl/registry/avsc"
)

// RegisterRequest asks for a schema to become a version of a subject.
type RegisterRequest struct {
	Subject string
	Schema  Schema
	// Version, when it is not 0, has to be the number that the schema gets. In the
	// mode IMPORT it is the number.
	Version int
	// ID has to be 0, but in the mode IMPORT, where it must not.
	ID uint32
	// Normalize stores the text in its normal form, as a config may ask for too.
	Normalize bool
	// Force takes a schema that is not compatible.
	Force bool
	// AddTags and RemoveTags change what an Avro text tags. PropagateTags adds the
	// tags of the version before, to what of it is still there.
	AddTags, RemoveTags []Tagged
	PropagateTags       bool
}

// Tagged says which words a record or a field of an Avro schema is tagged with.
type Tagged = avsc.Tagged

// Register makes a schema the newest version of a subject and answers it. A
// schema that the subject has already, or one that means the same, is answered
// as it is, and changes nothing. A schema that only a deleted version has becomes
// a new version with the same id, and takes the place of the deleted one. The
// whole is one change: parallel calls with one text make one version.
//
// Metadata and rules that the request leaves out are those of the version before;
// then the subject's config adds its own.
//
// Errors: [ErrInvalidSubject], [ErrSchemaTooLarge], [ErrInvalidSchema] (also for
// a reference that leads nowhere), [ErrInvalidRules], [ErrNotPermitted] by the
// mode, [ErrIDTaken], [ErrOtherID], [ErrVersionTaken], and [IncompatibleError].
func (r *Registry) Register(ctx context.Context, req RegisterRequest) (Entry, error) {
	v, err := r.register(ctx, req)
	if err != nil {
		return Entry{}, fmt.Errorf("register subject %q: %w", req.Subject, err)
	}
	return v.entry(), nil
}

func (r *Registry) register(ctx context.Context, req RegisterRequest) (Version, error) {
	// The usual case, a schema that is there already, needs no lock, and what is
	// read here for the first time is kept for the case that does. Others may have
	// changed a moment ago what this is said by, so it is said once that is known.
	p := placing{RegisterRequest: req}
	v, err := r.place(ctx, r.store, nil, &p)
	if needsNoChange(err) {
		if err := r.store.Sync(ctx); err != nil {
			return Version{}, err
		}
		if v, err = r.place(ctx, r.store, nil, &p); needsNoChange(err) {
			return v, err
		}
	}
	err = r.store.Update(ctx, func(tx Tx) (err error) {
		v, err = r.place(ctx, tx, tx, &p)
		return err
	})
	if err == nil {
		r.noteMeaning(v.Content, &p.once)
	}
	return v, err
}

// noteMeaning keeps what a new version's text means: the version after it is compared
// with that. A normal form says more than the text that was read.
func (r *Registry) noteMeaning(c Content, once *readOnce) {
	if d := &once.draft; once.valid && !once.how.normalize && d.avro != nil && d.Text == c.Text && slices.Equal(d.References, c.References) {
		r.meanings.put(keyOf(c).sum(), d.meaning())
	}
}

// needsNoChange tells whether a registration ends before it comes to a change: the
// schema is there, or its text cannot be taken.
func needsNoChange(err error) bool {
	var text *schemaError
	return err == nil || errors.As(err, &text) || errors.Is(err, ErrSchemaTooLarge)
}

// placing is a registration with what was read of its schema before.
type placing struct {
	RegisterRequest
	once readOnce
	// asks makes it the question whether the schema would be taken: the mode is not
	// asked whether it takes any.
	asks bool
}

// errChange says that a question can only be answered by a change.
var errChange = errors.New("this is a change")

// scope is what holds for a subject.
type scope struct {
	subject, context string
	config           Config
	mode             Mode
}

func scopeOf(ctx context.Context, from Reader, subject string) (scope, error) {
	contextName, _ := ContextOf(subject)
	s := scope{subject: subject, context: contextName}
	var err error
	if s.config, err = effectiveConfig(ctx, from, subject); err != nil {
		return scope{}, err
	}
	s.mode, err = effectiveMode(ctx, from, subject)
	return s, err
}

func (r *Registry) strict(c Config) bool {
	if c.ValidateNew != nil {
		return *c.ValidateNew
	}
	return !r.config.lenient
}

func isSet(flag *bool) bool { return flag != nil && *flag }

// place does all of a registration. Without a tx it ends with errChange where
// something would have to be written.
func (r *Registry) place(ctx context.Context, from Reader, tx Tx, p *placing) (Version, error) {
	subject, err := r.writeName(ctx, from, p.Subject)
	if err != nil {
		return Version{}, err
	}
	s, err := scopeOf(ctx, from, subject)
	if err != nil {
		return Version{}, err
	}
	how, err := r.readingNew(ctx, from, s, p.RegisterRequest)
	if err != nil {
		return Version{}, err
	}
	if v, err := r.known(ctx, how, s.subject, p.Schema, WithoutDeleted); s.mode != ModeImport && !errors.Is(err, ErrSchemaNotFound) {
		return v, err
	}
	d, err := r.prepareNew(ctx, s, p, how)
	if err != nil {
		return Version{}, err
	}
	if v, err := r.findText(ctx, from, s, d, WithoutDeleted); !isNotFound(err) {
		if err != nil || s.mode != ModeImport || p.ID == 0 || p.ID == v.ID {
			return v, err
		}
		return Version{}, fmt.Errorf("%w: %d, not %d", ErrOtherID, v.ID, p.ID)
	}
	if err := s.permits(p.RegisterRequest); err != nil && !p.asks {
		return Version{}, err
	}
	if err := fill(ctx, from, s, d); err != nil {
		return Version{}, err
	}
	if s.mode != ModeImport {
		if v, err := r.findMeaning(ctx, from, s, d, WithoutDeleted); !isNotFound(err) {
			return v, err
		}
	}
	return r.add(ctx, from, tx, s, d, p.RegisterRequest)
}

// normalizes tells whether a text is brought into its normal form. What is imported
// is kept as it is, and found as it is.
func (s scope) normalizes(asked bool) bool {
	return (asked || isSet(s.config.Normalize)) && s.mode != ModeImport
}

// readingNew says how a schema that is to be registered is read.
func (r *Registry) readingNew(ctx context.Context, from Reader, s scope, req RegisterRequest) (reading, error) {
	how := reading{
		from: from, context: s.context, strict: r.strict(s.config) && s.mode != ModeImport, normalize: s.normalizes(req.Normalize),
		tags: avsc.TagChange{Add: req.AddTags, Remove: req.RemoveTags},
	}
	if !req.PropagateTags {
		return how, nil
	}
	before, err := from.Version(ctx, SubjectVersion{s.subject, Latest}, WithoutDeleted)
	if err == nil {
		how.tags.Keep, err = r.tagged(ctx, from, before.Content)
	}
	if isNotFound(err) {
		err = nil
	}
	return how, err
}

func (r *Registry) prepareNew(ctx context.Context, s scope, p *placing, how reading) (*draft, error) {
	how.once = &p.once
	d, err := r.prepare(ctx, how, p.Schema)
	if err != nil || !isSet(s.config.ValidateFields) || d.avro == nil || s.mode == ModeImport {
		return d, err
	}
	for _, f := range d.avro.Root().Fields {
		if strings.HasPrefix(f.Name, "$$") {
			return nil, fmt.Errorf("%w: field %q: names that begin with $$ are reserved", ErrInvalidSchema, f.Name)
		}
	}
	return d, nil
}

// add makes a draft that the subject does not have a version of it.
func (r *Registry) add(ctx context.Context, from Reader, tx Tx, s scope, d *draft, req RegisterRequest) (Version, error) {
	if !s.takesAny() && !req.Force {
		if err := r.checkCompatible(ctx, from, s, d); err != nil {
			return Version{}, err
		}
	}
	c := d.content(s.context)
	if stored, err := from.ContentByHash(ctx, s.context, c.Hash); err == nil && stored.Type != c.Type {
		return Version{}, otherType(c.Type, stored)
	} else if err != nil && !errors.Is(err, ErrSchemaNotFound) {
		return Version{}, err
	}
	if tx == nil {
		return Version{}, errChange
	}
	return r.write(ctx, tx, s, c, req)
}

// takesAny tells whether the mode is one in which nothing is compared.
func (s scope) takesAny() bool { return s.mode == ModeImport || s.mode == ModeForward }

// maxID and maxVersion are the highest: others read them as signed numbers of four
// bytes.
const (
	maxID      = math.MaxInt32
	maxVersion = math.MaxInt32
)

// permits answers nil, or ErrNotPermitted when the mode is against a request.
func (s scope) permits(req RegisterRequest) error {
	switch {
	case s.mode == ModeReadOnly || s.mode == ModeReadOnlyOverride:
		return fmt.Errorf("%w: the subject is in the mode %s", ErrNotPermitted, s.mode)
	case req.ID != 0 && s.mode != ModeImport:
		return fmt.Errorf("%w: an id can be chosen in the mode IMPORT alone", ErrNotPermitted)
	case req.ID > maxID || req.Version > maxVersion:
		return fmt.Errorf("%w: ids and versions are from 1 to 2^31-1", ErrNotPermitted)
	case req.ID == 0 && s.mode == ModeImport:
		return fmt.Errorf("%w: in the mode IMPORT a schema comes with its id", ErrNotPermitted)
	}
	return nil
}

// fill gives a draft the metadata and rules that go without saying.
func fill(ctx context.Context, from Reader, s scope, d *draft) error {
	if d.Metadata == nil || d.Rules == nil {
		before, err := from.Version(ctx, SubjectVersion{s.subject, Latest}, WithoutDeleted)
		switch {
		case err == nil:
			if d.Metadata == nil {
				d.Metadata = before.Metadata.withoutVersion()
			}
			if d.Rules == nil {
				d.Rules = before.Rules
			}
		case !errors.Is(err, ErrSubjectNotFound) && !errors.Is(err, ErrVersionNotFound):
			return err
		}
	}
	if s.config.DefaultMetadata != nil {
		d.Metadata = d.Metadata.over(s.config.DefaultMetadata)
	}
	if s.config.OverrideMetadata != nil {
		d.Metadata = s.config.OverrideMetadata.over(d.Metadata)
	}
	if s.config.DefaultRules != nil {
		d.Rules = d.Rules.over(s.config.DefaultRules)
	}
	if s.config.OverrideRules != nil {
		d.Rules = s.config.OverrideRules.over(d.Rules)
	}
	if err := d.Metadata.check(); err != nil {
		return err
	}
	return d.Rules.check()
}

func (r *Registry) checkCompatible(ctx context.Context, from Reader, s scope, d *draft) error {
	conflict, err := r.conflict(ctx, from, s, d)
	if err != nil {
		return err
	}
	if conflict != nil {
		return &IncompatibleError{Subject: s.subject, Conflict: *conflict}
	}
	return nil
}

func (r *Registry) write(ctx context.Context, tx Tx, s scope, c Content, req RegisterRequest) (Version, error) {
	c.ID = req.ID
	content, err := tx.AddContent(ctx, c)
	if err != nil {
		return Version{}, err
	}
	if content.ID > maxID {
		return Version{}, fmt.Errorf("%w: context %s has no ids left", ErrNotPermitted, s.context)
	}
	v := Version{Content: content, Subject: s.subject, Created: time.Now().UTC().Truncate(time.Millisecond)}
	if req.Version < 0 && s.mode == ModeImport {
		return Version{}, fmt.Errorf("%w: a version is a number from 1 on, not %d", ErrInvalidSchema, req.Version)
	}
	if s.mode == ModeImport {
		v.Number = req.Version
	} else if req.Version != 0 {
		next, err := nextVersion(ctx, tx, s.subject)
		if err != nil {
			return Version{}, err
		}
		if req.Version != next {
			return Version{}, fmt.Errorf("%w: the next version is %d, not %d", ErrInvalidSchema, next, req.Version)
		}
	}
	twins, err := removableTwins(ctx, tx, v)
	if err != nil {
		return Version{}, err
	}
	v, err = tx.AddVersion(ctx, v, twins...)
	if err == nil && v.Number > maxVersion {
		err = fmt.Errorf("%w: subject %q has no versions left", ErrNotPermitted, s.subject)
	}
	return v, err
}

func nextVersion(ctx context.Context, from Reader, subject string) (int, error) {
	numbers, err := from.Versions(ctx, VersionsRequest{Subject: subject, Deleted: WithDeleted})
	if errors.Is(err, ErrSubjectNotFound) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	return numbers[len(numbers)-1] + 1, nil
}

// removableTwins are the deleted versions of the subject in whose place a new one
// of the same content comes. Those that a schema refers to stay.
func removableTwins(ctx context.Context, tx Tx, v Version) ([]int, error) {
	twins, err := tx.Uses(ctx, UsesQuery{Key: v.Key, Subject: v.Subject, Deleted: OnlyDeleted})
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, twin := range twins { // none, in nearly all cases
		_, err := tx.FindReferral(ctx, ReferralQuery{To: twin, Deleted: WithDeleted})
		switch {
		case errors.Is(err, ErrVersionNotFound):
			numbers = append(numbers, twin.Version)
		case err != nil:
			return nil, err
		}
	}
	return numbers, nil
}

// findText finds the newest version of a subject that has exactly the draft. A
// draft without metadata and rules is looked for by what it has.
func (r *Registry) findText(ctx context.Context, from Reader, s scope, d *draft, which Deleted) (Version, error) {
	v, err := from.FindVersion(ctx, Query{Subject: s.subject, Hash: ContentHash(d.Schema), Deleted: which})
	if err == nil && v.Type != d.Type {
		err = otherType(d.Type, v.Content)
	}
	return v, err
}

// otherType says that content has the text of a draft. Content of two types cannot
// have one text, as what identifies it covers the text and not the type.
func otherType(typ Type, c Content) error {
	return fmt.Errorf("%w: the same text is registered with the type %s, id %d, and cannot be %s too", ErrInvalidSchema, c.Type, c.ID, typ)
}

func isNotFound(err error) bool {
	return errors.Is(err, ErrSubjectNotFound) || errors.Is(err, ErrVersionNotFound) || errors.Is(err, ErrSchemaNotFound)
}

func (v Version) entry() Entry {
	return Entry{
		Schema: v.Schema, Subject: v.Subject, Version: v.Number,
		ID: v.ID, GUID: v.Hash, Created: v.Created, Deleted: v.Deleted,
	}
}
