package client

import (
	"context"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
)

// backend is what a client asks: a registry.Registry has it, and so does remote.
type backend interface {
	Register(ctx context.Context, req registry.RegisterRequest) (registry.Entry, error)
	Lookup(ctx context.Context, req registry.LookupRequest) (registry.Entry, error)
	Check(ctx context.Context, req registry.CheckRequest) (registry.CheckResult, error)
	Subjects(ctx context.Context, req registry.SubjectsRequest) ([]string, error)
	ListVersions(ctx context.Context, req registry.VersionsRequest) ([]int, error)
	ReadVersion(ctx context.Context, req registry.VersionRequest) (registry.Entry, error)
	DeleteSubject(ctx context.Context, req registry.DeleteSubjectRequest) ([]int, error)
	DeleteVersion(ctx context.Context, req registry.DeleteVersionRequest) (int, error)
	ByID(ctx context.Context, id uint32) (registry.Entry, error)
	ResolvedByID(ctx context.Context, id uint32) (registry.Entry, error)
	Level(ctx context.Context, subject string) (registry.Level, error)
	SetLevel(ctx context.Context, subject string, level registry.Level) error
	DeleteLevel(ctx context.Context, subject string) (registry.Level, error)
	Config(ctx context.Context, name string) (registry.Config, error)
	EffectiveConfig(ctx context.Context, name string) (registry.Config, error)
	SetConfig(ctx context.Context, name string, change registry.ConfigChange) (registry.Config, error)
	DeleteConfig(ctx context.Context, name string) (registry.Config, error)
	Mode(ctx context.Context, name string) (registry.Mode, error)
	EffectiveMode(ctx context.Context, name string) (registry.Mode, error)
	SetMode(ctx context.Context, req registry.SetModeRequest) error
	DeleteMode(ctx context.Context, req registry.DeleteModeRequest) (registry.Mode, error)
	Undelete(ctx context.Context, req registry.UndeleteRequest) ([]int, error)
	ByMetadata(ctx context.Context, req registry.MetadataRequest) (registry.Entry, error)
	Contexts(ctx context.Context, req registry.ContextsRequest) ([]string, error)
	DeleteContext(ctx context.Context, name string) error
}

// Client asks a schema registry. It is safe for concurrent use. There is
// nothing to close.
type Client struct {
	backend      backend
	name         string // for errors
	autoRegister bool
	lock         *LockFile // nil for none
	ids          *flights[uint32]
	texts        *flights[string]
	identity     *flights[string]
}

var (
	_ codec.IDSource     = (*Client)(nil)
	_ codec.SchemaSource = (*Client)(nil)
	_ backend            = (*registry.Registry)(nil)
)

// New makes a client of the registry at a URL: http or https, with a path and
// credentials where there are any. It sends nothing yet.
func New(baseURL string, opts ...Option) (*Client, error) {
	r, err := newRemote(baseURL, opts)
	if err != nil {
		return nil, err
	}
	c := newClient(r, "registry "+r.shown, r.config.autoRegister)
	c.lock = r.config.lock
	return c, nil
}

// Local makes a client of a registry in this process. Of the options only
// [WithAutoRegister] has a meaning here; a bad value of another is not noticed.
func Local(reg *registry.Registry, opts ...Option) *Client {
	c := defaults()
	for _, opt := range opts {
		_ = opt.apply(&c) // what can be wrong has no meaning here
	}
	return newClient(reg, "registry", c.autoRegister)
}

func newClient(b backend, name string, autoRegister bool) *Client {
	return &Client{
		backend: b, name: name, autoRegister: autoRegister,
		ids: newFlights[uint32](), texts: newFlights[string](), identity: newFlights[string](),
	}
}
