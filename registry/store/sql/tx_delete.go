package sqlstore

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/registry"
)

// maxList is how many values one statement names: databases bound it.
const maxList = 500

// HideVersions implements registry.Writer.
func (t *tx) HideVersions(ctx context.Context, subject string, numbers []int) error {
	if len(numbers) == 0 {
		return nil
	}
	for some := range slices.Chunk(distinct(numbers), maxList) {
		res := t.versionRows(ctx, registry.WithoutDeleted).
			Where("subject = ? AND version IN ?", subject, some).UpdateColumn("deleted", true)
		if err := all(res, len(some), subject); err != nil {
			return err
		}
	}
	return t.settle(ctx, subject)
}

// RemoveVersions implements registry.Writer.
func (t *tx) RemoveVersions(ctx context.Context, subject string, numbers []int) error {
	if len(numbers) == 0 {
		return nil
	}
	for some := range slices.Chunk(distinct(numbers), maxList) {
		var was []registry.Key
		rows := t.versionRows(ctx, registry.WithDeleted).Where("subject = ? AND version IN ?", subject, some)
		if err := rows.Distinct("context", "id").Find(&was).Error; err != nil {
			return err
		}
		res := t.db.WithContext(ctx).Where("subject = ? AND version IN ?", subject, some).Delete(&versionRow{})
		if err := all(res, len(some), subject); err != nil {
			return err
		}
		if err := t.removeUnused(ctx, was); err != nil {
			return err
		}
	}
	return t.settle(ctx, subject)
}

// distinct answers each number once.
func distinct(numbers []int) []int {
	sorted := slices.Clone(numbers)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// all answers ErrVersionNotFound when a statement met fewer versions than it named.
func all(res *gorm.DB, want int, subject string) error {
	if res.Error == nil && res.RowsAffected != int64(want) {
		return fmt.Errorf("subject %q: %w", subject, registry.ErrVersionNotFound)
	}
	return res.Error
}

// removeUnused removes those of the contents that no version has any more, with
// what they refer to.
func (t *tx) removeUnused(ctx context.Context, contents []registry.Key) error {
	ids := map[string][]uint32{} // by context
	for _, key := range contents {
		ids[key.Context] = append(ids[key.Context], key.ID)
	}
	for name, some := range ids {
		var used []uint32
		rows := t.versionRows(ctx, registry.WithDeleted).Where("context = ? AND id IN ?", name, some)
		if err := rows.Distinct().Pluck("id", &used).Error; err != nil {
			return err
		}
		unused := slices.DeleteFunc(some, func(id uint32) bool { return slices.Contains(used, id) })
		if len(unused) == 0 {
			continue
		}
		for _, rows := range []any{&referenceRow{}, &contentRow{}} {
			if err := t.db.WithContext(ctx).Where("context = ? AND id IN ?", name, unused).Delete(rows).Error; err != nil {
				return err
			}
		}
	}
	return nil
}

// settle makes the subject's own row fit its versions.
func (t *tx) settle(ctx context.Context, subject string) error {
	for _, which := range []registry.Deleted{registry.WithoutDeleted, registry.OnlyDeleted} {
		var numbers []int
		err := t.versionRows(ctx, which).Where("subject = ?", subject).Limit(1).Pluck("version", &numbers).Error
		if err != nil {
			return err
		}
		if len(numbers) > 0 {
			return t.db.WithContext(ctx).Model(&subjectRow{}).Where("subject = ?", subject).
				UpdateColumn("live", which == registry.WithoutDeleted).Error
		}
	}
	return t.db.WithContext(ctx).Where("subject = ?", subject).Delete(&subjectRow{}).Error
}
