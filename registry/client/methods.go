package client

import (
	"context"

	"github.com/schemactl/schemactl/registry"
)

// Register makes a schema the newest version of a subject, or answers the version
// that has it. See [registry.Registry.Register].
func (c *Client) Register(ctx context.Context, req registry.RegisterRequest) (registry.Entry, error) {
	return c.backend.Register(ctx, req)
}

// Lookup answers the version of a subject that has a schema. See
// [registry.Registry.Lookup].
func (c *Client) Lookup(ctx context.Context, req registry.LookupRequest) (registry.Entry, error) {
	return c.backend.Lookup(ctx, req)
}

// Check tells whether a schema could become a version of a subject, and if not,
// why. See [registry.Registry.Check]. Over HTTP a refusal takes two requests,
// one with Verbose.
func (c *Client) Check(ctx context.Context, req registry.CheckRequest) (registry.CheckResult, error) {
	return c.backend.Check(ctx, req)
}

// Subjects lists names of subjects, sorted.
func (c *Client) Subjects(ctx context.Context, req registry.SubjectsRequest) ([]string, error) {
	return c.backend.Subjects(ctx, req)
}

// ListVersions lists version numbers of a subject, or answers
// registry.ErrSubjectNotFound. See [registry.Registry.ListVersions].
func (c *Client) ListVersions(ctx context.Context, req registry.VersionsRequest) ([]int, error) {
	return c.backend.ListVersions(ctx, req)
}

// Versions is ListVersions without deleted ones.
func (c *Client) Versions(ctx context.Context, subject string, page registry.Page) ([]int, error) {
	return c.backend.ListVersions(ctx, registry.VersionsRequest{Subject: subject, Page: page})
}

// ReadVersion answers a version of a subject, or registry.ErrSubjectNotFound or
// registry.ErrVersionNotFound. See [registry.Registry.ReadVersion].
func (c *Client) ReadVersion(ctx context.Context, req registry.VersionRequest) (registry.Entry, error) {
	return c.backend.ReadVersion(ctx, req)
}

// Version is ReadVersion of one that is not deleted, registry.Latest for the newest.
func (c *Client) Version(ctx context.Context, subject string, version int) (registry.Entry, error) {
	return c.backend.ReadVersion(ctx, registry.VersionRequest{Subject: subject, Version: version})
}

// DeleteSubject deletes the versions of a subject, or removes deleted ones for
// good, and answers their numbers. See [registry.Registry.DeleteSubject]. Over
// HTTP it is sent once, and not again when the answer is lost.
func (c *Client) DeleteSubject(ctx context.Context, req registry.DeleteSubjectRequest) ([]int, error) {
	return c.backend.DeleteSubject(ctx, req)
}

// DeleteVersion deletes a version of a subject, or removes a deleted one for good,
// and answers its number. See [registry.Registry.DeleteVersion]. Over HTTP it is
// sent once, and not again when the answer is lost: the second request for the
// latest version would mean another one.
func (c *Client) DeleteVersion(ctx context.Context, req registry.DeleteVersionRequest) (int, error) {
	return c.backend.DeleteVersion(ctx, req)
}

// ByID answers the schema of an id, or registry.ErrSchemaNotFound. The entry
// names one of the versions that have it, where the registry does.
func (c *Client) ByID(ctx context.Context, id uint32) (registry.Entry, error) {
	return c.backend.ByID(ctx, id)
}

// ByMetadata answers the newest version whose metadata has all the properties. See
// [registry.Registry.ByMetadata].
func (c *Client) ByMetadata(ctx context.Context, req registry.MetadataRequest) (registry.Entry, error) {
	return c.backend.ByMetadata(ctx, req)
}

// Level answers the level that is set for a subject, or
// registry.ErrConfigNotSet; for an empty subject that of all others.
func (c *Client) Level(ctx context.Context, subject string) (registry.Level, error) {
	return c.backend.Level(ctx, subject)
}

// DeleteLevel takes a level back and answers what it was. One that is not set
// for a subject is registry.ErrSubjectNotFound.
func (c *Client) DeleteLevel(ctx context.Context, subject string) (registry.Level, error) {
	return c.backend.DeleteLevel(ctx, subject)
}

// SetLevel sets the level of a subject, or with an empty one of all that have
// none of their own. See [registry.Registry.SetLevel].
func (c *Client) SetLevel(ctx context.Context, subject string, level registry.Level) error {
	return c.backend.SetLevel(ctx, subject, level)
}
