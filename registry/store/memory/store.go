package memory

import (
	"context"
	"sync"

	"github.com/schemactl/schemactl/registry"
)

// Store is a registry.Store that ends with the process. It is safe for
// concurrent use.
type Store struct {
	mu    sync.RWMutex // guards state
	state *state
}

var _ registry.Store = (*Store)(nil)

// New makes an empty store.
func New() *Store { return &Store{state: newState()} }

// Update runs fn with the store to itself. What fn wrote is taken back when it
// returns an error or panics.
func (s *Store) Update(ctx context.Context, fn func(registry.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := &tx{state: s.state}
	done := false
	defer func() {
		if !done {
			tx.rollback()
		}
	}()
	err := fn(tx)
	done = err == nil
	return err
}

// Ping never fails.
func (s *Store) Ping(ctx context.Context) error { return ctx.Err() }

// read runs one question on the state while nobody changes it.
func read[T any](ctx context.Context, s *Store, ask func(*state) (T, error)) (T, error) {
	if err := ctx.Err(); err != nil {
		var none T
		return none, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return ask(s.state)
}

// Content implements registry.ContentReader.
func (s *Store) Content(ctx context.Context, key registry.Key) (registry.Content, error) {
	return read(ctx, s, func(st *state) (registry.Content, error) { return st.Content(ctx, key) })
}

// ContentByHash implements registry.ContentReader.
func (s *Store) ContentByHash(ctx context.Context, contextName string, hash registry.Hash) (registry.Content, error) {
	return read(ctx, s, func(st *state) (registry.Content, error) { return st.ContentByHash(ctx, contextName, hash) })
}

// Uses implements registry.ContentReader.
func (s *Store) Uses(ctx context.Context, q registry.UsesQuery) ([]registry.SubjectVersion, error) {
	return read(ctx, s, func(st *state) ([]registry.SubjectVersion, error) { return st.Uses(ctx, q) })
}

// Referrers implements registry.ReferenceReader.
func (s *Store) Referrers(ctx context.Context, to registry.SubjectVersion, from registry.Deleted) ([]uint32, error) {
	return read(ctx, s, func(st *state) ([]uint32, error) { return st.Referrers(ctx, to, from) })
}

// FindReferral implements registry.ReferenceReader.
func (s *Store) FindReferral(ctx context.Context, q registry.ReferralQuery) (registry.Referral, error) {
	return read(ctx, s, func(st *state) (registry.Referral, error) { return st.FindReferral(ctx, q) })
}

// Subjects implements registry.VersionReader.
func (s *Store) Subjects(ctx context.Context, req registry.SubjectsRequest) ([]string, error) {
	return read(ctx, s, func(st *state) ([]string, error) { return st.Subjects(ctx, req) })
}

// Versions implements registry.VersionReader.
func (s *Store) Versions(ctx context.Context, req registry.VersionsRequest) ([]int, error) {
	return read(ctx, s, func(st *state) ([]int, error) { return st.Versions(ctx, req) })
}

// Version implements registry.VersionReader.
func (s *Store) Version(ctx context.Context, v registry.SubjectVersion, which registry.Deleted) (registry.Version, error) {
	return read(ctx, s, func(st *state) (registry.Version, error) { return st.Version(ctx, v, which) })
}

// FindVersion implements registry.VersionReader.
func (s *Store) FindVersion(ctx context.Context, q registry.Query) (registry.Version, error) {
	return read(ctx, s, func(st *state) (registry.Version, error) { return st.FindVersion(ctx, q) })
}

// History implements registry.VersionReader.
func (s *Store) History(ctx context.Context, subject string, page registry.Page) ([]registry.Version, error) {
	return read(ctx, s, func(st *state) ([]registry.Version, error) { return st.History(ctx, subject, page) })
}

// Config implements registry.ConfigReader.
func (s *Store) Config(ctx context.Context, subject string) (registry.Config, error) {
	return read(ctx, s, func(st *state) (registry.Config, error) { return st.Config(ctx, subject) })
}
