package registry

import (
	"context"
	"time"
)

// Store keeps what a registry knows. All methods are safe for concurrent use.
// A read sees every change that this store has answered, and what others who
// share the store have changed within its bound, which it documents, or after
// Sync; two reads may see changes that came between them.
type Store interface {
	Reader
	// Update runs fn as one change: all that fn wrote takes effect when Update
	// returns nil, and nothing of it otherwise: a [SizeError] says that the store does
	// not take a record so large. Changes run as if one after the
	// other, over all who share the store, and fn sees all of them and its own
	// writes. Update returns fn's error as it is. fn must not be kept waiting by
	// anything, because others wait for it, and may not call the store but
	// through tx. It may run more than once.
	Update(ctx context.Context, fn func(tx Tx) error) error
	// Sync waits until reads see every change that was answered before the call,
	// by anyone who shares the store.
	Sync(ctx context.Context) error
	// Ping tells whether the store holds what it should and can be written.
	Ping(ctx context.Context) error
}

// Reader is what can be asked of a store. Subjects are named by their whole
// names, see [ContextOf].
type Reader interface {
	ContentReader
	ReferenceReader
	VersionReader
	SettingReader
}

// Tx is a change under way. It is used by one goroutine, within Update only.
type Tx interface {
	Reader
	Writer
}

// Key names content: ids count per context.
type Key struct {
	Context string
	ID      uint32
}

// Content is a schema with what finds it again. It never changes.
type Content struct {
	Key
	Schema
	// Hash is the ContentHash of the schema.
	Hash Hash
}

// Version is one version of a subject.
type Version struct {
	Content
	Subject string
	Number  int
	Created time.Time
	// Deleted is set while the version is deleted but not removed.
	Deleted bool
}

// Query looks for content in a subject.
type Query struct {
	Subject string
	Hash    Hash
	Deleted Deleted
}

// UsesQuery looks for the versions that have a content.
type UsesQuery struct {
	Key Key
	// Subject, when it is not empty, is the only one that is looked at.
	Subject string
	Deleted Deleted
}

// Moment counts the versions that have come to a store, whatever became of them. It
// means nothing to another store, nor to the same one when it is opened again.
type Moment uint64

// News are versions that came to a store up to a moment.
type News struct {
	Versions []Version
	Now      Moment
}

// ReferralQuery looks for a version that refers to another.
type ReferralQuery struct {
	// To is the version referred to. With the number 0 it is any of the subject.
	To SubjectVersion
	// Except, when it is not empty, is a subject whose own versions do not count.
	Except string
	// Deleted is about the version that refers.
	Deleted Deleted
}

// Referral says that the content of one version refers to another.
type Referral struct{ From, To SubjectVersion }

// ContentReader finds schemas by what they are.
type ContentReader interface {
	// Content answers the content of an id, or ErrSchemaNotFound.
	Content(ctx context.Context, key Key) (Content, error)
	// ContentByHash answers the content of that hash in a context, or
	// ErrSchemaNotFound.
	ContentByHash(ctx context.Context, contextName string, hash Hash) (Content, error)
	// KeysByHash lists the ids of that hash in all contexts, by context.
	KeysByHash(ctx context.Context, hash Hash) ([]Key, error)
	// LastID is the highest id that was ever given in a context; 0 for none.
	LastID(ctx context.Context, contextName string) (uint32, error)
	// VersionByID answers a version that has the content of an id: of the subject,
	// when it has one, else of any, and one that is not deleted before one that
	// is. ErrSchemaNotFound when the id is not known.
	VersionByID(ctx context.Context, key Key, subject string) (Version, error)
	// Uses lists the versions that have the content, by subject and number. It
	// is empty for an id that is not known.
	Uses(ctx context.Context, q UsesQuery) ([]SubjectVersion, error)
}

// ReferenceReader finds what refers to a version. A content refers to what its
// References name; who deletes a version has to see to it that nothing does.
type ReferenceReader interface {
	// Referrers lists the ids of the contents that refer to a version and are
	// used by a version of that kind, ascending.
	Referrers(ctx context.Context, to SubjectVersion, from Deleted) ([]uint32, error)
	// FindReferral answers the first referral by the subject and number of the
	// version that refers, then by number of the other, or ErrVersionNotFound.
	FindReferral(ctx context.Context, q ReferralQuery) (Referral, error)
}

// VersionReader finds schemas by where they are registered.
type VersionReader interface {
	// Contexts lists the contexts that have or had subjects, the default one
	// always among them, in the order of their bytes.
	Contexts(ctx context.Context) ([]string, error)
	// Subjects lists the names that begin with the prefix, in the order of their
	// bytes.
	Subjects(ctx context.Context, req SubjectsRequest) ([]string, error)
	// Versions lists the numbers of a subject, ascending, or ErrSubjectNotFound
	// when it has no version of that kind.
	Versions(ctx context.Context, req VersionsRequest) ([]int, error)
	// Version answers a version; its number may be Latest, which is never a
	// deleted one. ErrSubjectNotFound when the subject has no version of that
	// kind, else ErrVersionNotFound.
	Version(ctx context.Context, v SubjectVersion, which Deleted) (Version, error)
	// FindVersion answers the newest version of that hash. ErrSubjectNotFound
	// when the subject has no version of that kind, else ErrSchemaNotFound.
	FindVersion(ctx context.Context, q Query) (Version, error)
	// History lists the versions of a subject of that kind, newest first. It is
	// empty for a subject that is not known.
	History(ctx context.Context, req VersionsRequest) ([]Version, error)
	// News lists the versions of a subject, deleted ones too, that came to this store
	// after a moment, in any order. That others were deleted or removed is no news.
	News(ctx context.Context, subject string, since Moment) (News, error)
	// List lists versions by subject, then by number. The prefix is one of whole
	// names, as in Subjects.
	List(ctx context.Context, req ListRequest) ([]Version, error)
}

// SettingReader answers settings. They are set for a subject, for a context by
// the name that stands for it (":.eu:"), or for the default context by "".
type SettingReader interface {
	// Config answers what is set for exactly that name, or ErrConfigNotSet.
	Config(ctx context.Context, name string) (Config, error)
	// Mode answers what is set for exactly that name, or ErrModeNotSet.
	Mode(ctx context.Context, name string) (Mode, error)
	// ConfigNames and ModeNames list the names for which something is set, in the
	// order of their bytes.
	ConfigNames(ctx context.Context) ([]string, error)
	ModeNames(ctx context.Context) ([]string, error)
}

// Writer changes a store.
type Writer interface {
	// AddContent answers the content of c's hash in its context; if there is
	// none, it stores c under the next id, or under c.ID when that is not 0. An id
	// is given once and never again, also when its content is gone: the next one
	// is above all that were given or asked for. ErrIDTaken when other content has
	// c.ID, ErrOtherID when c's hash has another id.
	AddContent(ctx context.Context, c Content) (Content, error)
	// AddVersion gives a subject the version after the highest that it has,
	// deleted ones included, the first being 1; or v.Number when that is not 0,
	// which the subject must not have (ErrVersionTaken). The content has to be
	// stored, and the subject's context comes to be. v.Deleted is not read. The
	// versions that it comes instead of are removed, as RemoveVersions does.
	AddVersion(ctx context.Context, v Version, instead ...int) (Version, error)
	// HideVersions makes versions of a subject deleted ones, which stay where
	// they are. ErrVersionNotFound when one is not there or is deleted already;
	// the change has to be given up then.
	HideVersions(ctx context.Context, subject string, numbers []int) error
	// HideSubject hides all that are not deleted, and lists them, ascending.
	HideSubject(ctx context.Context, subject string) ([]int, error)
	// ShowVersions takes that back: ErrVersionNotFound when one is not there or
	// is not deleted.
	ShowVersions(ctx context.Context, subject string, numbers []int) error
	// RemoveVersions takes versions of a subject away for good, deleted or not. A
	// content goes with the last version that has it, and with it its references;
	// a subject goes with its last version. What is set for the subject stays.
	// ErrVersionNotFound when one is not there; the change has to be given up then.
	RemoveVersions(ctx context.Context, subject string, numbers []int) error
	// RemoveDeleted removes the deleted versions of a subject, or of all subjects
	// of a context when it is given the name that stands for it, or "".
	RemoveDeleted(ctx context.Context, name string) error
	// RemoveContext forgets a context, which must not have versions
	// (ErrContextNotEmpty). Its ids stay given.
	RemoveContext(ctx context.Context, name string) error
	// SetConfig and SetMode set the whole of what holds for a name.
	SetConfig(ctx context.Context, name string, c Config) error
	SetMode(ctx context.Context, name string, m Mode) error
	// DeleteConfig and DeleteMode take a setting back, or answer ErrConfigNotSet
	// or ErrModeNotSet.
	DeleteConfig(ctx context.Context, name string) error
	DeleteMode(ctx context.Context, name string) error
}
