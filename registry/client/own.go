package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/schemactl/schemactl/registry"
)

// Own answers nil when an entry that was answered for a subject is one of that subject's
// context, or of where the subject's alias leads. Else it is registry.ErrSubjectNotFound:
// for a name without a context that the default one lacks, registries answer reads from
// other contexts. That is of no use to whoever wants an id or is about to write: ids count
// per context, so that one's is another schema's here, and writes stay where they are.
func (c *Client) Own(ctx context.Context, subject string, e registry.Entry) error {
	if e.Subject == "" || registryContext(e.Subject) == registryContext(subject) { // old servers do not say
		return nil
	}
	config, err := c.Config(ctx, subject)
	if err != nil && !errors.Is(err, registry.ErrConfigNotSet) {
		return err
	}
	if registryContext(registry.Qualify(registryContext(subject), config.Alias)) == registryContext(e.Subject) {
		return nil
	}
	return fmt.Errorf("%w: it is one of another context, %q", registry.ErrSubjectNotFound, e.Subject)
}

// IsDeleted tells it of an entry that was read from a subject with deleted ones. The
// entry itself says so only in newer registries; in others the version cannot be read
// without deleted ones, or what is read then is another context's.
func (c *Client) IsDeleted(ctx context.Context, subject string, e registry.Entry) (bool, error) {
	if e.Deleted {
		return true, nil
	}
	live, err := c.Version(ctx, subject, e.Version)
	if errors.Is(err, registry.ErrSubjectNotFound) || errors.Is(err, registry.ErrVersionNotFound) {
		return true, nil
	}
	return err == nil && live.Subject != e.Subject, err
}
