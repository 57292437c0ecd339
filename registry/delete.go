package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// DeleteSubjectRequest asks for all versions of a subject to go.
type DeleteSubjectRequest struct {
	Subject string
	// Permanent removes for good what was deleted before. Without it the versions
	// can still be read by their ids, and by those who ask for deleted ones.
	Permanent bool
}

// DeleteSubject deletes the versions of a subject that are not deleted yet, or
// with Permanent removes them all, and answers their numbers, ascending.
//
// A deleted subject keeps its level and goes on counting when it gets a new
// version; a removed one begins anew. An id goes with the last version that is
// removed, and is never given to another schema.
//
// Errors: [ErrSubjectNotFound]; [ErrSubjectDeleted], or with Permanent
// [ErrSubjectNotDeleted]; [ErrReferenced] when a version of another subject
// refers to one of these, a deleted one counting for Permanent alone.
func (r *Registry) DeleteSubject(ctx context.Context, req DeleteSubjectRequest) ([]int, error) {
	var numbers []int
	err := r.store.Update(ctx, func(tx Tx) error {
		subject, err := deletable(ctx, tx, req.Subject)
		if err != nil {
			return err
		}
		if req.Permanent {
			numbers, err = removeSubject(ctx, tx, subject)
		} else {
			numbers, err = hideSubject(ctx, tx, subject)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("delete subject %q: %w", req.Subject, err)
	}
	return numbers, nil
}

// deletable is the whole name of a subject whose mode allows deletes.
func deletable(ctx context.Context, tx Tx, name string) (string, error) {
	subject, err := aliasedWrite(ctx, tx, normalName(name))
	if err != nil {
		return "", err
	}
	return subject, writable(ctx, tx, subject)
}

func hideSubject(ctx context.Context, tx Tx, subject string) ([]int, error) {
	_, err := tx.Versions(ctx, VersionsRequest{Subject: subject, Page: Page{Limit: 1}})
	if errors.Is(err, ErrSubjectNotFound) {
		_, err = tx.Versions(ctx, VersionsRequest{Subject: subject, Deleted: OnlyDeleted, Page: Page{Limit: 1}})
		if err == nil {
			err = ErrSubjectDeleted
		}
	}
	if err != nil {
		return nil, err
	}
	q := ReferralQuery{To: SubjectVersion{Subject: subject}, Except: subject}
	if err := checkUnreferenced(ctx, tx, q); err != nil {
		return nil, err
	}
	return tx.HideSubject(ctx, subject)
}

func removeSubject(ctx context.Context, tx Tx, subject string) ([]int, error) {
	numbers, err := tx.Versions(ctx, VersionsRequest{Subject: subject, Deleted: WithDeleted})
	if err != nil {
		return nil, err
	}
	q := ReferralQuery{To: SubjectVersion{Subject: subject}, Except: subject, Deleted: WithDeleted}
	if err := checkUnreferenced(ctx, tx, q); err != nil {
		return nil, err
	}
	_, err = tx.Versions(ctx, VersionsRequest{Subject: subject, Page: Page{Limit: 1}})
	switch {
	case err == nil:
		return nil, ErrSubjectNotDeleted
	case !errors.Is(err, ErrSubjectNotFound):
		return nil, err
	}
	return numbers, removeVersions(ctx, tx, subject, numbers)
}

// DeleteVersionRequest asks for one version of a subject to go.
type DeleteVersionRequest struct {
	Subject string
	// Version is a number, or [Latest], which is never a deleted one.
	Version int
	// Permanent removes for good what was deleted before.
	Permanent bool
}

// DeleteVersion deletes a version of a subject, or with Permanent removes a
// deleted one, and answers its number. A number is given again only when the
// highest is removed. With the last version that is removed the subject's level
// goes too.
//
// Errors: [ErrInvalidVersion], [ErrSubjectNotFound], [ErrVersionNotFound];
// [ErrVersionDeleted], or with Permanent [ErrVersionNotDeleted]; [ErrReferenced]
// when another version refers to this one, a deleted one counting for Permanent
// alone.
func (r *Registry) DeleteVersion(ctx context.Context, req DeleteVersionRequest) (int, error) {
	var number int
	err := r.store.Update(ctx, func(tx Tx) (err error) {
		number, err = deleteVersion(ctx, tx, req)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("delete version %s of subject %q: %w", versionText(req.Version), req.Subject, err)
	}
	return number, nil
}

func deleteVersion(ctx context.Context, tx Tx, req DeleteVersionRequest) (int, error) {
	if req.Version == 0 || req.Version < Latest {
		return 0, ErrInvalidVersion
	}
	subject, err := deletable(ctx, tx, req.Subject)
	if err != nil {
		return 0, err
	}
	v, err := tx.Version(ctx, SubjectVersion{subject, req.Version}, WithDeleted)
	if err != nil {
		return 0, err
	}
	if v.Deleted && !req.Permanent {
		return 0, ErrVersionDeleted
	}
	q := ReferralQuery{To: SubjectVersion{v.Subject, v.Number}}
	if req.Permanent {
		q.Deleted = WithDeleted
	}
	if err := checkUnreferenced(ctx, tx, q); err != nil {
		return 0, err
	}
	switch {
	case !req.Permanent:
		return v.Number, tx.HideVersions(ctx, v.Subject, []int{v.Number})
	case !v.Deleted:
		return 0, ErrVersionNotDeleted
	}
	return v.Number, removeVersions(ctx, tx, v.Subject, []int{v.Number})
}

// checkUnreferenced answers nil or ErrReferenced.
func checkUnreferenced(ctx context.Context, tx Tx, q ReferralQuery) error {
	found, err := tx.FindReferral(ctx, q)
	switch {
	case errors.Is(err, ErrVersionNotFound):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: version %d of subject %q refers to version %d",
		ErrReferenced, found.From.Version, found.From.Subject, found.To.Version)
}

// removeVersions removes versions, and with the last one what is set for the
// subject.
func removeVersions(ctx context.Context, tx Tx, subject string, numbers []int) error {
	if err := tx.RemoveVersions(ctx, subject, numbers); err != nil {
		return err
	}
	_, err := tx.Versions(ctx, VersionsRequest{Subject: subject, Deleted: WithDeleted, Page: Page{Limit: 1}})
	if !errors.Is(err, ErrSubjectNotFound) {
		return err
	}
	if err := tx.DeleteConfig(ctx, subject); err != nil && !errors.Is(err, ErrConfigNotSet) {
		return err
	}
	if err := tx.DeleteMode(ctx, subject); err != nil && !errors.Is(err, ErrModeNotSet) {
		return err
	}
	return nil
}

// UndeleteRequest asks for deleted versions to be there again.
type UndeleteRequest struct {
	Subject string
	// Version is a number; 0 means all deleted versions of the subject.
	Version int
}

// Undelete makes deleted versions live again, with their numbers and ids, and
// answers their numbers, ascending. They are not compared with what came since.
// Errors: [ErrSubjectNotFound], [ErrVersionNotFound] when there is no deleted one,
// [ErrNotPermitted], and [ErrInvalidSchema] when a version refers to one that is
// deleted itself.
func (r *Registry) Undelete(ctx context.Context, req UndeleteRequest) ([]int, error) {
	var numbers []int
	err := r.store.Update(ctx, func(tx Tx) (err error) {
		numbers, err = undelete(ctx, tx, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("undelete subject %q: %w", req.Subject, err)
	}
	return numbers, nil
}

func undelete(ctx context.Context, tx Tx, req UndeleteRequest) ([]int, error) {
	subject, err := deletable(ctx, tx, req.Subject)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Versions(ctx, VersionsRequest{Subject: subject, Deleted: WithDeleted, Page: Page{Limit: 1}}); err != nil {
		return nil, err
	}
	numbers, err := tx.Versions(ctx, VersionsRequest{Subject: subject, Deleted: OnlyDeleted})
	switch {
	case errors.Is(err, ErrSubjectNotFound) && req.Version == 0:
		return nil, fmt.Errorf("%w: none is deleted", ErrVersionNotFound)
	case err != nil && !errors.Is(err, ErrSubjectNotFound):
		return nil, err
	}
	if req.Version != 0 {
		if !slices.Contains(numbers, req.Version) {
			return nil, fmt.Errorf("%w: %d is not a deleted version", ErrVersionNotFound, req.Version)
		}
		numbers = []int{req.Version}
	}
	if err := tx.ShowVersions(ctx, subject, numbers); err != nil {
		return nil, err
	}
	for _, n := range numbers {
		v, err := tx.Version(ctx, SubjectVersion{subject, n}, WithoutDeleted)
		if err != nil {
			return nil, err
		}
		for _, ref := range v.References {
			at := SubjectVersion{Qualify(v.Context, ref.Subject), ref.Version}
			if _, err := tx.Version(ctx, at, WithoutDeleted); err != nil {
				return nil, fmt.Errorf("%w: version %d refers to version %d of subject %q, which is deleted too: undelete that first",
					ErrInvalidSchema, n, ref.Version, ref.Subject)
			}
		}
	}
	return numbers, nil
}
