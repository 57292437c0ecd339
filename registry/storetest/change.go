package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

var errStop = errors.New("stop")

// writeAll uses each of the writer's methods.
func writeAll(t *testing.T, tx registry.Tx) error {
	t.Helper()
	ctx := t.Context()
	if _, err := addIn(t, tx, "new", content(50, registry.Reference{Name: "n", Subject: "old", Version: 1})); err != nil {
		return err
	}
	if _, err := addIn(t, tx, "old", content(51)); err != nil {
		return err
	}
	if err := tx.SetConfig(ctx, "new", registry.Config{Level: registry.LevelFull}); err != nil {
		return err
	}
	if err := tx.SetConfig(ctx, "old", registry.Config{Level: registry.LevelFull}); err != nil {
		return err
	}
	if err := tx.HideVersions(ctx, "old", []int{1}); err != nil {
		return err
	}
	if err := tx.RemoveVersions(ctx, "gone", []int{1}); err != nil {
		return err
	}
	if _, err := addIn(t, tx, "gone", content(52)); err != nil {
		return err
	}
	return tx.DeleteConfig(ctx, "")
}

func prepareOld(t *testing.T, s registry.Store) {
	t.Helper()
	add(t, s, "old", content(1))
	add(t, s, "gone", content(2, ref("old", 1)))
	update(t, s, func(tx registry.Tx) error {
		return errors.Join(
			tx.SetConfig(t.Context(), "old", registry.Config{Level: registry.LevelNone}),
			tx.SetConfig(t.Context(), "", registry.Config{Level: registry.LevelForward}))
	})
}

func untouched(t *testing.T, s registry.Store) {
	t.Helper()
	ctx := t.Context()
	equal(t, "subjects", []string{"gone", "old"}, must(s.Subjects(ctx, registry.SubjectsRequest{}))(t))
	equal(t, "versions", []int{1}, must(s.Versions(ctx, registry.VersionsRequest{Subject: "old"}))(t))
	equal(t, "level of old", registry.LevelNone, must(s.Config(ctx, "old"))(t).Level)
	equal(t, "level of all", registry.LevelForward, must(s.Config(ctx, ""))(t).Level)
	_, err := s.Config(ctx, "new")
	wantErr(t, "level of new", registry.ErrConfigNotSet, err)
	_, err = s.ContentByHash(ctx, registry.DefaultContext, content(50).Hash)
	wantErr(t, "content", registry.ErrSchemaNotFound, err)
	for _, id := range []uint32{3, 4, 5} {
		_, err = s.Content(ctx, registry.Key{Context: registry.DefaultContext, ID: id})
		wantErr(t, "content by id", registry.ErrSchemaNotFound, err)
	}
	_, err = s.FindVersion(ctx, registry.Query{Subject: "old", Hash: content(51).Hash})
	wantErr(t, "version by hash", registry.ErrSchemaNotFound, err)
	equal(t, "referrers", []uint32{2}, must(s.Referrers(ctx, at("old", 1), registry.WithoutDeleted))(t))
	equal(t, "hidden", false, must(s.Version(ctx, at("old", 1), registry.WithDeleted))(t).Deleted)
	v := must(s.Version(ctx, at("gone", 1), registry.WithoutDeleted))(t)
	equal(t, "removed content", v.Content, must(s.ContentByHash(ctx, registry.DefaultContext, content(2, ref("old", 1)).Hash))(t))
	equal(t, "removed uses", []registry.SubjectVersion{at("gone", 1)}, must(s.Uses(ctx, registry.UsesQuery{Key: v.Key}))(t))
	equal(t, "removed, by hash", 1, must(s.FindVersion(ctx, registry.Query{Subject: "gone", Hash: v.Hash}))(t).Number)
}

func rollback(t *testing.T, s registry.Store) {
	prepareOld(t, s)
	err := s.Update(t.Context(), func(tx registry.Tx) error {
		return errors.Join(writeAll(t, tx), errStop)
	})
	equal(t, "error", errStop.Error(), err.Error())
	untouched(t, s)
	equal(t, "number after it", 2, add(t, s, "old", content(60)).Number)
}

func rollbackOnPanic(t *testing.T, s registry.Store) {
	prepareOld(t, s)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was kept from the caller")
			}
		}()
		err := s.Update(t.Context(), func(tx registry.Tx) error {
			if err := writeAll(t, tx); err != nil {
				t.Error(err)
			}
			panic("stop")
		})
		t.Errorf("update answered %v", err)
	}()
	untouched(t, s)
	add(t, s, "old", content(60))
}

func ownWrites(t *testing.T, s registry.Store) {
	ctx := t.Context()
	update(t, s, func(tx registry.Tx) error {
		v, err := addIn(t, tx, "a", content(1))
		if err != nil {
			return err
		}
		if err := tx.SetConfig(ctx, "a", registry.Config{Level: registry.LevelFull}); err != nil {
			return err
		}
		equal(t, "version", v, must(tx.Version(ctx, registry.SubjectVersion{Subject: "a", Version: registry.Latest}, registry.WithoutDeleted))(t))
		equal(t, "content", v.Content, must(tx.Content(ctx, v.Key))(t))
		equal(t, "subjects", []string{"a"}, must(tx.Subjects(ctx, registry.SubjectsRequest{}))(t))
		equal(t, "history", 1, len(must(tx.History(ctx, registry.VersionsRequest{Subject: "a", Page: registry.Page{}}))(t)))
		equal(t, "uses", 1, len(must(tx.Uses(ctx, registry.UsesQuery{Key: v.Key}))(t)))
		equal(t, "level", registry.LevelFull, must(tx.Config(ctx, "a"))(t).Level)
		return nil
	})
}

func cancelled(t *testing.T, s registry.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Update(ctx, func(tx registry.Tx) error {
		_, err := addIn(t, tx, "a", content(1))
		return err
	})
	wantErr(t, "update", context.Canceled, err)
	equal(t, "subjects", 0, len(must(s.Subjects(t.Context(), registry.SubjectsRequest{}))(t)))
}

func idsAfterFailure(t *testing.T, s registry.Store) {
	seen := map[uint32]bool{}
	for i := range 6 {
		var id uint32
		err := s.Update(t.Context(), func(tx registry.Tx) error {
			v, err := addIn(t, tx, "a", content(i))
			if i%2 == 1 {
				return errors.Join(err, errStop)
			}
			id = v.ID
			return err
		})
		if i%2 == 0 && (err != nil || seen[id] || id == 0) {
			t.Errorf("id %d is new: %t, error %v", id, !seen[id], err)
		}
		seen[id] = true
	}
}
