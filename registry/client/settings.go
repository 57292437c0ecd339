package client

import (
	"context"

	"github.com/schemactl/schemactl/registry"
)

// Config answers what is set for exactly that name: a subject, a context's
// ":.name:", or "" for the default context. See [registry.Registry.Config].
func (c *Client) Config(ctx context.Context, name string) (registry.Config, error) {
	return c.backend.Config(ctx, name)
}

// EffectiveConfig answers what holds for a name. See
// [registry.Registry.EffectiveConfig].
func (c *Client) EffectiveConfig(ctx context.Context, name string) (registry.Config, error) {
	return c.backend.EffectiveConfig(ctx, name)
}

// SetConfig changes what is set for a name and answers the whole. See
// [registry.Registry.SetConfig].
func (c *Client) SetConfig(ctx context.Context, name string, change registry.ConfigChange) (registry.Config, error) {
	return c.backend.SetConfig(ctx, name, change)
}

// DeleteConfig takes back what is set for a name and answers what it was. See
// [registry.Registry.DeleteConfig].
func (c *Client) DeleteConfig(ctx context.Context, name string) (registry.Config, error) {
	return c.backend.DeleteConfig(ctx, name)
}

// Mode answers the mode that is set for exactly that name. See
// [registry.Registry.Mode].
func (c *Client) Mode(ctx context.Context, name string) (registry.Mode, error) {
	return c.backend.Mode(ctx, name)
}

// EffectiveMode answers the mode that holds for a name.
func (c *Client) EffectiveMode(ctx context.Context, name string) (registry.Mode, error) {
	return c.backend.EffectiveMode(ctx, name)
}

// SetMode sets the mode of a name. See [registry.Registry.SetMode].
func (c *Client) SetMode(ctx context.Context, req registry.SetModeRequest) error {
	return c.backend.SetMode(ctx, req)
}

// DeleteMode takes back the mode of a name and answers what it was. See
// [registry.Registry.DeleteMode].
func (c *Client) DeleteMode(ctx context.Context, req registry.DeleteModeRequest) (registry.Mode, error) {
	return c.backend.DeleteMode(ctx, req)
}

// Contexts lists the names of contexts. See [registry.Registry.Contexts].
func (c *Client) Contexts(ctx context.Context, req registry.ContextsRequest) ([]string, error) {
	return c.backend.Contexts(ctx, req)
}

// DeleteContext takes a context off the list. See [registry.Registry.DeleteContext].
func (c *Client) DeleteContext(ctx context.Context, name string) error {
	return c.backend.DeleteContext(ctx, name)
}
