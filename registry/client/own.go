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
