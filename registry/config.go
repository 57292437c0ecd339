package registry

import (
	"context"
	"errors"
	"fmt"
)

// Level answers the level that is set for a subject, or [ErrLevelNotSet]. For
// an empty subject it is the level of all that have none of their own, which
// there always is.
func (r *Registry) Level(ctx context.Context, subject string) (Level, error) {
	if subject == "" {
		return r.EffectiveLevel(ctx, "")
	}
	c, err := r.store.Config(ctx, subject)
	if err != nil {
		return "", fmt.Errorf("read level of subject %q: %w", subject, err)
	}
	return c.Level, nil
}

// EffectiveLevel answers the level that holds for a subject: its own, or else
// that of all, or else [DefaultLevel].
func (r *Registry) EffectiveLevel(ctx context.Context, subject string) (Level, error) {
	level, err := effectiveLevel(ctx, r.store, subject)
	if err != nil {
		return "", fmt.Errorf("read level of subject %q: %w", subject, err)
	}
	return level, nil
}

func effectiveLevel(ctx context.Context, from Reader, subject string) (Level, error) {
	for _, name := range []string{subject, ""} {
		c, err := from.Config(ctx, name)
		if !errors.Is(err, ErrLevelNotSet) {
			return c.Level, err
		}
	}
	return DefaultLevel, nil
}

// SetLevel sets the level of a subject, which need not have versions yet, or of
// all that have none of their own when subject is empty. Versions that are
// there stay as they are. Errors: [ErrInvalidSubject], [ErrInvalidLevel].
func (r *Registry) SetLevel(ctx context.Context, subject string, level Level) error {
	level, err := ParseLevel(string(level))
	if err == nil && subject != "" {
		err = checkSubject(subject)
	}
	if err == nil {
		err = r.store.Update(ctx, func(tx Tx) error {
			return tx.SetConfig(ctx, subject, Config{Level: level})
		})
	}
	if err != nil {
		return fmt.Errorf("set level of subject %q: %w", subject, err)
	}
	return nil
}

// DeleteLevel takes a level back and answers what it was. One that is not set
// for a subject is [ErrSubjectNotFound], as the contract has it.
func (r *Registry) DeleteLevel(ctx context.Context, subject string) (Level, error) {
	was := DefaultLevel
	err := r.store.Update(ctx, func(tx Tx) error {
		c, err := tx.Config(ctx, subject)
		switch {
		case errors.Is(err, ErrLevelNotSet) && subject == "":
			return nil
		case errors.Is(err, ErrLevelNotSet):
			return fmt.Errorf("%w: it has no level", ErrSubjectNotFound)
		case err != nil:
			return err
		}
		was = c.Level
		return tx.DeleteConfig(ctx, subject)
	})
	if err != nil {
		return "", fmt.Errorf("delete level of subject %q: %w", subject, err)
	}
	return was, nil
}
