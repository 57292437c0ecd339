package registry

import (
	"context"
	"fmt"
	"slices"
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

// ContextName reads a context's name in any of its spellings: ".eu", "eu" and
// ":.eu:" are one.
func ContextName(text string) string {
	if name, own := ContextOf(text); own == "" && text != "" {
		return name
	}
	if strings.HasPrefix(text, ".") {
		return text
	}
	return "." + text
}

// DeleteContext takes a context off the list; one that is not on it is left alone.
// [ErrContextNotEmpty] when it has versions, deleted ones too. Its ids are not given
// again. The default context stays: [ErrNotPermitted].
func (r *Registry) DeleteContext(ctx context.Context, name string) error {
	name = ContextName(name)
	err := r.store.Update(ctx, func(tx Tx) error {
		if name == DefaultContext || name == GlobalContext {
			return fmt.Errorf("%w: this context stays", ErrNotPermitted)
		}
		names, err := tx.Contexts(ctx)
		if err != nil || !slices.Contains(names, name) {
			return err
		}
		return tx.RemoveContext(ctx, name)
	})
	if err != nil {
		return fmt.Errorf("delete context %q: %w", name, err)
	}
	return nil
}
