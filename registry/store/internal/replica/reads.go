package replica

import (
	"context"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/state"
)

// read runs one question on the state while nobody changes it.
func read[T any](ctx context.Context, s *Store, ask func(*state.State) (T, error)) (T, error) {
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
	return read(ctx, s, func(st *state.State) (registry.Content, error) { return st.Content(ctx, key) })
}

// ContentByHash implements registry.ContentReader.
func (s *Store) ContentByHash(ctx context.Context, contextName string, hash registry.Hash) (registry.Content, error) {
	return read(ctx, s, func(st *state.State) (registry.Content, error) { return st.ContentByHash(ctx, contextName, hash) })
}

// KeysByHash implements registry.ContentReader.
func (s *Store) KeysByHash(ctx context.Context, hash registry.Hash) ([]registry.Key, error) {
	return read(ctx, s, func(st *state.State) ([]registry.Key, error) { return st.KeysByHash(ctx, hash) })
}

// LastID implements registry.ContentReader.
func (s *Store) LastID(ctx context.Context, contextName string) (uint32, error) {
	return read(ctx, s, func(st *state.State) (uint32, error) { return st.LastID(ctx, contextName) })
}

// VersionByID implements registry.ContentReader.
func (s *Store) VersionByID(ctx context.Context, key registry.Key, subject string) (registry.Version, error) {
	return read(ctx, s, func(st *state.State) (registry.Version, error) { return st.VersionByID(ctx, key, subject) })
}

// Uses implements registry.ContentReader.
func (s *Store) Uses(ctx context.Context, q registry.UsesQuery) ([]registry.SubjectVersion, error) {
	return read(ctx, s, func(st *state.State) ([]registry.SubjectVersion, error) { return st.Uses(ctx, q) })
}

// Referrers implements registry.ReferenceReader.
func (s *Store) Referrers(ctx context.Context, to registry.SubjectVersion, from registry.Deleted) ([]uint32, error) {
	return read(ctx, s, func(st *state.State) ([]uint32, error) { return st.Referrers(ctx, to, from) })
}

// FindReferral implements registry.ReferenceReader.
func (s *Store) FindReferral(ctx context.Context, q registry.ReferralQuery) (registry.Referral, error) {
	return read(ctx, s, func(st *state.State) (registry.Referral, error) { return st.FindReferral(ctx, q) })
}

// Contexts implements registry.VersionReader.
func (s *Store) Contexts(ctx context.Context) ([]string, error) {
	return read(ctx, s, func(st *state.State) ([]string, error) { return st.Contexts(ctx) })
}

// Subjects implements registry.VersionReader.
func (s *Store) Subjects(ctx context.Context, req registry.SubjectsRequest) ([]string, error) {
	return read(ctx, s, func(st *state.State) ([]string, error) { return st.Subjects(ctx, req) })
}

// Versions implements registry.VersionReader.
func (s *Store) Versions(ctx context.Context, req registry.VersionsRequest) ([]int, error) {
	return read(ctx, s, func(st *state.State) ([]int, error) { return st.Versions(ctx, req) })
}

// Version implements registry.VersionReader.
func (s *Store) Version(ctx context.Context, v registry.SubjectVersion, which registry.Deleted) (registry.Version, error) {
	return read(ctx, s, func(st *state.State) (registry.Version, error) { return st.Version(ctx, v, which) })
}

// FindVersion implements registry.VersionReader.
func (s *Store) FindVersion(ctx context.Context, q registry.Query) (registry.Version, error) {
	return read(ctx, s, func(st *state.State) (registry.Version, error) { return st.FindVersion(ctx, q) })
}

// History implements registry.VersionReader.
func (s *Store) History(ctx context.Context, req registry.VersionsRequest) ([]registry.Version, error) {
	return read(ctx, s, func(st *state.State) ([]registry.Version, error) { return st.History(ctx, req) })
}

// News implements registry.VersionReader.
func (s *Store) News(ctx context.Context, subject string, since registry.Moment) (registry.News, error) {
	return read(ctx, s, func(st *state.State) (registry.News, error) { return st.News(ctx, subject, since) })
}

// List implements registry.VersionReader.
func (s *Store) List(ctx context.Context, req registry.ListRequest) ([]registry.Version, error) {
	return read(ctx, s, func(st *state.State) ([]registry.Version, error) { return st.List(ctx, req) })
}

// ConfigNames implements registry.SettingReader.
func (s *Store) ConfigNames(ctx context.Context) ([]string, error) {
	return read(ctx, s, func(st *state.State) ([]string, error) { return st.ConfigNames(ctx) })
}

// ModeNames implements registry.SettingReader.
func (s *Store) ModeNames(ctx context.Context) ([]string, error) {
	return read(ctx, s, func(st *state.State) ([]string, error) { return st.ModeNames(ctx) })
}

// Config implements registry.SettingReader.
func (s *Store) Config(ctx context.Context, name string) (registry.Config, error) {
	return read(ctx, s, func(st *state.State) (registry.Config, error) { return st.Config(ctx, name) })
}

// Mode implements registry.SettingReader.
func (s *Store) Mode(ctx context.Context, name string) (registry.Mode, error) {
	return read(ctx, s, func(st *state.State) (registry.Mode, error) { return st.Mode(ctx, name) })
}
