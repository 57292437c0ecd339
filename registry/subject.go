package registry

import (
	"context"
	"errors"
	"fmt"
)

// writeName is the whole name that a write to a subject goes to: an alias stands
// for the subject that it names.
func (r *Registry) writeName(ctx context.Context, from Reader, name string) (string, error) {
	name = normalName(name)
	if err := checkSubject(name); err != nil {
		return "", err
	}
	return aliasedWrite(ctx, from, name)
}

// aliasedWrite is aliased for who changes what the alias stands for: a setting may be
// older than the check of aliases, or come from another registry's topic.
func aliasedWrite(ctx context.Context, from Reader, name string) (string, error) {
	subject, err := aliased(ctx, from, name)
	if err != nil || subject == name {
		return subject, err
	}
	return subject, checkAlias(name, subject)
}

// checkAlias refuses an alias for what can be no subject.
func checkAlias(name, subject string) error {
	if err := checkSubject(subject); err != nil {
		return fmt.Errorf("alias %q of subject %.100q: %w", name, subject, err)
	}
	return nil
}

// aliased follows an alias, once.
func aliased(ctx context.Context, from Reader, name string) (string, error) {
	c, err := from.Config(ctx, name)
	switch {
	case errors.Is(err, ErrConfigNotSet), err == nil && c.Alias == "":
		return name, nil
	case err != nil:
		return "", err
	}
	contextName, _ := ContextOf(name)
	return Qualify(contextName, c.Alias), nil
}

// readName is the whole name that a read of a subject goes to. A name without a
// context that the default one does not have may be one of another.
func (r *Registry) readName(ctx context.Context, name string, which Deleted) (string, error) {
	name, err := aliased(ctx, r.store, normalName(name))
	if err != nil {
		return "", err
	}
	contextName, _ := ContextOf(name)
	if contextName != DefaultContext {
		return name, nil
	}
	if ok, err := r.has(ctx, name, which); ok || err != nil {
		return name, err
	}
	contexts, err := r.store.Contexts(ctx)
	if err != nil || len(contexts) == 1 {
		return name, err
	}
	for _, other := range contexts {
		if other == DefaultContext {
			continue
		}
		if ok, err := r.has(ctx, Qualify(other, name), which); ok || err != nil {
			return Qualify(other, name), err
		}
	}
	return name, nil
}

// has tells whether a subject has a version of that kind.
func (r *Registry) has(ctx context.Context, subject string, which Deleted) (bool, error) {
	_, err := r.store.Version(ctx, SubjectVersion{subject, Latest}, which)
	if errors.Is(err, ErrSubjectNotFound) {
		return false, nil
	}
	if errors.Is(err, ErrVersionNotFound) { // all are deleted
		return true, nil
	}
	return err == nil, err
}
