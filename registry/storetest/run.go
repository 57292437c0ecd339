package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
)

// check is one property of a store.
type check struct {
	name string
	run  func(*testing.T, registry.Store)
}

// Run checks the promises of registry.Store. Each check gets a store of its own
// from open, which has to be empty.
func Run(t *testing.T, open func(t *testing.T) registry.Store) {
	t.Helper()
	checks := []check{
		{"empty store", emptyStore},
		{"ping", ping},
		{"content by id and hash", contents},
		{"content with the hash of another is that one", sameContent},
		{"versions count per subject", versionNumbers},
		{"version needs its content", versionNeedsContent},
		{"version keeps every member", versionMembers},
		{"find version by hash, newest first", findVersion},
		{"history is newest first and paged", history},
		{"news are what came after a moment", news},
		{"subjects are sorted, by prefix and paged", subjects},
		{"subject names are exact", exactNames},
		{"uses and referrers", usesAndReferrers},
		{"configs", configs},
		{"a change that fails leaves nothing", rollback},
		{"a change that panics leaves nothing", rollbackOnPanic},
		{"a change sees its own writes", ownWrites},
		{"a cancelled context stops a change", cancelled},
		{"ids are never given again", idsAfterFailure},
	}
	for _, more := range [][]check{contextChecks(), listChecks(), deleteChecks(), ruleChecks(), concurrentChecks(), sizeChecks()} {
		checks = append(checks, more...)
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

// content makes content that differs from that of any other n.
func content(n int, refs ...registry.Reference) registry.Content {
	return withHash(registry.Schema{Type: registry.Avro, Text: fmt.Sprintf(`{"type":"fixed","name":"F","size":%d}`, n), References: refs})
}

func withHash(s registry.Schema) registry.Content {
	return registry.Content{Key: registry.Key{Context: registry.DefaultContext}, Schema: s, Hash: registry.ContentHash(s)}
}

func created() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC) }

// add registers content under a subject, as the registry does.
func add(t *testing.T, s registry.Store, subject string, c registry.Content) registry.Version {
	t.Helper()
	var v registry.Version
	update(t, s, func(tx registry.Tx) (err error) {
		v, err = addIn(t, tx, subject, c)
		return err
	})
	return v
}

func addIn(t *testing.T, tx registry.Tx, subject string, c registry.Content) (registry.Version, error) {
	t.Helper()
	stored, err := tx.AddContent(t.Context(), c)
	if err != nil {
		return registry.Version{}, err
	}
	return tx.AddVersion(t.Context(), registry.Version{Content: stored, Subject: subject, Created: created()})
}

func update(t *testing.T, s registry.Store, fn func(registry.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// must answers a value and ends the test when there is an error.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantErr(t *testing.T, what string, want, got error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error is %v, want %v", what, got, want)
	}
}
