package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Mode says what may be done to the subjects of a scope.
type Mode string

// The modes.
const (
	ModeReadWrite Mode = "READWRITE"
	// ModeReadOnly refuses every change but that of the mode.
	ModeReadOnly Mode = "READONLY"
	// ModeReadOnlyOverride set for the default context holds for all its subjects,
	// whatever is set for them.
	ModeReadOnlyOverride Mode = "READONLY_OVERRIDE"
	// ModeImport takes schemas with the ids and versions that they come with, and
	// does not ask whether they are compatible.
	ModeImport Mode = "IMPORT"
	// ModeForward is for [GlobalContext] alone: nothing is compared.
	ModeForward Mode = "FORWARD"
)

// ParseMode reads a mode in any letter case. Anything else is [ErrInvalidMode].
func ParseMode(text string) (Mode, error) {
	switch m := Mode(strings.ToUpper(text)); m {
	case ModeReadWrite, ModeReadOnly, ModeReadOnlyOverride, ModeImport, ModeForward:
		return m, nil
	}
	return "", fmt.Errorf("%w: %q is none of READWRITE, READONLY, READONLY_OVERRIDE, IMPORT, FORWARD", ErrInvalidMode, text)
}

func effectiveMode(ctx context.Context, from Reader, name string) (Mode, error) {
	list := scopes(name)
	if m, err := from.Mode(ctx, list[len(list)-1]); err == nil && (m == ModeForward || m == ModeReadOnlyOverride) {
		return m, nil
	}
	if m, err := from.Mode(ctx, ""); err == nil && m == ModeReadOnlyOverride {
		if contextName, _ := ContextOf(name); contextName == DefaultContext {
			return m, nil
		}
	}
	for _, scope := range list {
		m, err := from.Mode(ctx, scope)
		if !errors.Is(err, ErrModeNotSet) {
			return m, err
		}
	}
	return ModeReadWrite, nil
}

// writable answers nil, or ErrNotPermitted where the mode allows no change.
func writable(ctx context.Context, from Reader, name string) error {
	m, err := effectiveMode(ctx, from, name)
	if err != nil {
		return err
	}
	if m == ModeReadOnly || m == ModeReadOnlyOverride {
		return fmt.Errorf("%w: %q is in the mode %s", ErrNotPermitted, name, m)
	}
	return nil
}

// Mode answers what is set for exactly that name, or [ErrModeNotSet]. For "" there
// is always one.
func (r *Registry) Mode(ctx context.Context, name string) (Mode, error) {
	name = settingName(name)
	m, err := r.store.Mode(ctx, name)
	if errors.Is(err, ErrModeNotSet) && name == "" {
		return r.EffectiveMode(ctx, "")
	}
	if err != nil {
		return "", fmt.Errorf("read mode of %q: %w", name, err)
	}
	return m, nil
}

// EffectiveMode answers the mode that holds for a name.
func (r *Registry) EffectiveMode(ctx context.Context, name string) (Mode, error) {
	m, err := effectiveMode(ctx, r.store, settingName(name))
	if err != nil {
		return "", fmt.Errorf("read mode of %q: %w", name, err)
	}
	return m, nil
}

// SetModeRequest sets a mode.
type SetModeRequest struct {
	// Name is a subject, a context's ":.name:", or "" for the default context.
	Name string
	Mode Mode
	// Force sets IMPORT where there are versions.
	Force bool
}

// SetMode sets the mode of a name. IMPORT asks that no version of the scope is
// there but deleted ones, which are removed; [ErrNotPermitted] otherwise, unless
// Force is set, and [ErrReferenced] when something refers to one of them. Other
// errors: [ErrInvalidMode], [ErrInvalidSubject]; [ErrNotPermitted] when the
// registry's modes cannot be changed.
func (r *Registry) SetMode(ctx context.Context, req SetModeRequest) error {
	name := settingName(req.Name)
	mode, err := ParseMode(string(req.Mode))
	if err == nil {
		err = checkSettable(name)
	}
	if err == nil && r.config.fixedModes {
		err = fmt.Errorf("%w: modes cannot be changed here", ErrNotPermitted)
	}
	if err == nil && mode == ModeForward && name != contextScope(GlobalContext) {
		err = fmt.Errorf("%w: FORWARD is for the context %s alone", ErrInvalidMode, GlobalContext)
	}
	if err == nil {
		err = r.store.Update(ctx, func(tx Tx) error {
			if mode == ModeImport {
				if err := emptyForImport(ctx, tx, name, req.Force); err != nil {
					return err
				}
			}
			return tx.SetMode(ctx, name, mode)
		})
	}
	if err != nil {
		return fmt.Errorf("set mode of %q: %w", name, err)
	}
	return nil
}

func emptyForImport(ctx context.Context, tx Tx, name string, force bool) error {
	if was, err := effectiveMode(ctx, tx, name); err != nil || was == ModeImport {
		return err
	}
	deleted, err := inScope(ctx, tx, name, WithDeleted)
	if err != nil {
		return err
	}
	for _, subject := range deleted {
		live, err := tx.Versions(ctx, VersionsRequest{Subject: subject, Page: Page{Limit: 1}})
		if err != nil && !errors.Is(err, ErrSubjectNotFound) {
			return err
		}
		if len(live) > 0 && !force {
			return fmt.Errorf("%w: subject %q has versions; delete them first, or force it", ErrNotPermitted, subject)
		}
		gone, err := tx.Versions(ctx, VersionsRequest{Subject: subject, Deleted: OnlyDeleted})
		if errors.Is(err, ErrSubjectNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, n := range gone {
			q := ReferralQuery{To: SubjectVersion{Subject: subject, Version: n}, Deleted: WithDeleted}
			if err := checkUnreferenced(ctx, tx, q); err != nil {
				return err
			}
		}
	}
	if name != contextScope(GlobalContext) {
		return tx.RemoveDeleted(ctx, name)
	}
	contexts, err := tx.Contexts(ctx)
	if err != nil {
		return err
	}
	for _, contextName := range contexts {
		if err := tx.RemoveDeleted(ctx, contextScope(contextName)); err != nil {
			return err
		}
	}
	return nil
}

// inScope lists the subjects that a name of a setting stands for.
func inScope(ctx context.Context, from Reader, name string, which Deleted) ([]string, error) {
	contextName, own := ContextOf(name)
	if contextName == GlobalContext {
		return from.Subjects(ctx, SubjectsRequest{Deleted: which})
	}
	if own == "" {
		return from.Subjects(ctx, SubjectsRequest{Prefix: contextScope(contextName), DefaultOnly: contextName == DefaultContext, Deleted: which})
	}
	if _, err := from.Versions(ctx, VersionsRequest{Subject: name, Deleted: which, Page: Page{Limit: 1}}); err != nil {
		if errors.Is(err, ErrSubjectNotFound) {
			return nil, nil
		}
		return nil, err
	}
	return []string{name}, nil
}

// DeleteModeRequest takes a mode back.
type DeleteModeRequest struct {
	Name string
	// Recursive takes back those of the scope's subjects too.
	Recursive bool
}

// DeleteMode takes back the mode of a name and answers what it was. Where none is
// set it is [ErrSubjectNotFound], as the contract has it.
func (r *Registry) DeleteMode(ctx context.Context, req DeleteModeRequest) (Mode, error) {
	name := settingName(req.Name)
	if r.config.fixedModes {
		return "", fmt.Errorf("delete mode of %q: %w: modes cannot be changed here", name, ErrNotPermitted)
	}
	was := ModeReadWrite
	err := r.store.Update(ctx, func(tx Tx) error {
		m, err := tx.Mode(ctx, name)
		switch {
		case errors.Is(err, ErrModeNotSet) && name == "":
		case errors.Is(err, ErrModeNotSet):
			return fmt.Errorf("%w: no mode is set for it", ErrSubjectNotFound)
		case err != nil:
			return err
		default:
			was = m
			if err := tx.DeleteMode(ctx, name); err != nil {
				return err
			}
		}
		if !req.Recursive {
			return nil
		}
		return deleteModesBelow(ctx, tx, name)
	})
	if err != nil {
		return "", fmt.Errorf("delete mode of %q: %w", name, err)
	}
	return was, nil
}

// deleteModesBelow takes back the modes of a context's subjects, or below
// [GlobalContext] those of all contexts and subjects.
func deleteModesBelow(ctx context.Context, tx Tx, name string) error {
	if _, own := ContextOf(name); own != "" {
		return nil
	}
	contextName, _ := ContextOf(name)
	names, err := tx.ModeNames(ctx)
	if err != nil {
		return err
	}
	for _, below := range names {
		in, _ := ContextOf(below)
		if below == name || in != contextName && contextName != GlobalContext {
			continue
		}
		if err := tx.DeleteMode(ctx, below); err != nil {
			return err
		}
	}
	return nil
}
