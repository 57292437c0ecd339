package registry

import (
	"context"
	"time"
)

// Store keeps what a registry knows. All methods are safe for concurrent use.
// A read sees every change that was finished before it began; two reads may see
// changes that came between them.
type Store interface {
	Reader
	// Update runs fn as one change: all that fn wrote takes effect when Update
	// returns nil, and nothing of it otherwise. Changes run as if one after the
	// other, and fn sees its own writes. Update returns fn's error as it is.
	// fn must not be kept waiting by anything but the store, because others
	// wait for it, and may not call the store but through tx.
	Update(ctx context.Context, fn func(tx Tx) error) error
	// Ping tells whether the store can be read.
	Ping(ctx context.Context) error
}

// Reader is what can be asked of a store.
type Reader interface {
	ContentReader
	VersionReader
	ConfigReader
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
	// Hash covers the canonical text and the references.
	Hash Hash
	// Meaning is equal for contents that are spelled differently and mean the same.
	Meaning Hash
}

// Version is one version of a subject.
type Version struct {
	Content
	Subject string
	Number  int
	Created time.Time
}

// Query looks for content in a subject.
type Query struct {
	Subject string
	// Hash is looked for first, then Meaning.
	Hash, Meaning Hash
}

// Config is what is set for a subject, or for all.
type Config struct {
	Level Level
}

// ContentReader finds schemas by what they are.
type ContentReader interface {
	// Content answers the content of an id, or ErrSchemaNotFound.
	Content(ctx context.Context, key Key) (Content, error)
	// ContentByHash answers the content of that hash in a context, or
	// ErrSchemaNotFound.
	ContentByHash(ctx context.Context, contextName string, hash Hash) (Content, error)
	// Uses lists the versions that have the content, by subject and number. It
	// is empty for an id that is not known.
	Uses(ctx context.Context, key Key) ([]SubjectVersion, error)
	// Referrers lists the ids of the contents that refer to a version, ascending.
	Referrers(ctx context.Context, of SubjectVersion) ([]uint32, error)
}

// VersionReader finds schemas by where they are registered.
type VersionReader interface {
	// Subjects lists the names that begin with prefix, in the order of their bytes.
	Subjects(ctx context.Context, prefix string, page Page) ([]string, error)
	// Versions lists the numbers of a subject, ascending, or ErrSubjectNotFound.
	Versions(ctx context.Context, subject string, page Page) ([]int, error)
	// Version answers a version; its number may be Latest. ErrSubjectNotFound or
	// ErrVersionNotFound.
	Version(ctx context.Context, v SubjectVersion) (Version, error)
	// FindVersion answers the newest version of that hash, or else of that
	// meaning. ErrSubjectNotFound or ErrSchemaNotFound.
	FindVersion(ctx context.Context, q Query) (Version, error)
	// History lists the versions of a subject, newest first. It is empty for a
	// subject that is not known.
	History(ctx context.Context, subject string, page Page) ([]Version, error)
}

// ConfigReader answers settings.
type ConfigReader interface {
	// Config answers what is set for a subject, or for all when subject is
	// empty, or ErrLevelNotSet.
	Config(ctx context.Context, subject string) (Config, error)
}

// Writer changes a store.
type Writer interface {
	// AddContent answers the content of c's hash in its context; if there is
	// none, it stores c under the next id. An id is given once and never again,
	// whatever is deleted. c.ID is not read.
	AddContent(ctx context.Context, c Content) (Content, error)
	// AddVersion gives a subject the version after the highest it ever had, the
	// first being 1. The content has to be stored. v.Number is not read.
	AddVersion(ctx context.Context, v Version) (Version, error)
	// SetConfig sets what holds for a subject, or for all when subject is empty.
	SetConfig(ctx context.Context, subject string, c Config) error
	// DeleteConfig takes a setting back, or answers ErrLevelNotSet.
	DeleteConfig(ctx context.Context, subject string) error
}
