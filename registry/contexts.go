package registry

import (
	"context"
	"fmt"
	"strings"
)

// ContextsRequest asks for the names of contexts.
type ContextsRequest struct {
	Prefix string
	Page   Page
}

// Contexts lists the contexts that have or had subjects, in the order of their
// bytes; the default one is always among them.
func (r *Registry) Contexts(ctx context.Context, req ContextsRequest) ([]string, error) {
	all, err := r.store.Contexts(ctx)
	if err != nil {
		return nil, fmt.Errorf("list contexts: %w", err)
	}
	var names []string
	for _, name := range all {
		if strings.HasPrefix(name, req.Prefix) {
			names = append(names, name)
		}
	}
	return Cut(names, req.Page), nil
}

// DeleteContext takes a context off the list. [ErrContextNotEmpty] when it has
// versions, deleted ones too. Its ids are not given again.
func (r *Registry) DeleteContext(ctx context.Context, name string) error {
	if !strings.HasPrefix(name, ".") {
		name = "." + name
	}
	err := r.store.Update(ctx, func(tx Tx) error { return tx.RemoveContext(ctx, name) })
	if err != nil {
		return fmt.Errorf("delete context %q: %w", name, err)
	}
	return nil
}
