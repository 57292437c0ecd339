package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/registry"
)

// tx is a change under way; it has the counter's row locked.
type tx struct{ reader }

var _ registry.Tx = (*tx)(nil)

// AddContent implements registry.Writer.
func (t *tx) AddContent(ctx context.Context, c registry.Content) (registry.Content, error) {
	found, err := t.ContentByHash(ctx, c.Context, c.Hash)
	if !errors.Is(err, registry.ErrSchemaNotFound) {
		return found, err
	}
	if c.ID, err = t.nextID(ctx, c.Context); err != nil {
		return registry.Content{}, fmt.Errorf("take the next schema id: %w", err)
	}
	row, err := newContentRow(c)
	if err != nil {
		return registry.Content{}, err
	}
	db := t.db.WithContext(ctx)
	if err := db.Create(&row).Error; err != nil {
		return registry.Content{}, fmt.Errorf("store schema %d: %w", c.ID, err)
	}
	var refs []referenceRow
	for i, ref := range c.References {
		refs = append(refs, referenceRow{Context: c.Context, ID: c.ID, Position: i, Subject: ref.Subject, Version: ref.Version})
	}
	if len(refs) == 0 {
		return c, nil
	}
	if err := db.CreateInBatches(refs, 100).Error; err != nil {
		return registry.Content{}, fmt.Errorf("store references of schema %d: %w", c.ID, err)
	}
	return c, nil
}

// nextID moves a context's counter, which is never set back.
func (t *tx) nextID(ctx context.Context, contextName string) (uint32, error) {
	db := t.db.WithContext(ctx)
	res := db.Model(&counterRow{}).Where("context = ?", contextName).
		UpdateColumn("last_id", gorm.Expr("last_id + 1"))
	if res.Error != nil {
		return 0, res.Error
	}
	if res.RowsAffected == 0 {
		return 1, db.Create(&counterRow{Context: contextName, LastID: 1}).Error
	}
	var row counterRow
	err := db.Take(&row, "context = ?", contextName).Error
	return row.LastID, err
}

// AddVersion implements registry.Writer.
func (t *tx) AddVersion(ctx context.Context, v registry.Version) (registry.Version, error) {
	db := t.db.WithContext(ctx)
	if _, err := t.Content(ctx, v.Key); err != nil {
		return registry.Version{}, fmt.Errorf("schema %d is not stored: %w", v.ID, err)
	}
	var highest int
	if err := db.Model(&versionRow{}).Where("subject = ?", v.Subject).Select("COALESCE(MAX(version), 0)").Scan(&highest).Error; err != nil {
		return registry.Version{}, err
	}
	sub := subjectRow{Subject: v.Subject, Live: true}
	if err := db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&sub).Error; err != nil {
		return registry.Version{}, err
	}
	v.Number, v.Deleted = highest+1, false
	row := versionRow{
		Subject: v.Subject, Version: v.Number, Context: v.Context, ID: v.ID,
		Hash: v.Hash.String(), Meaning: v.Meaning.String(), CreatedAt: v.Created.UnixMilli(),
	}
	if err := db.Create(&row).Error; err != nil {
		return registry.Version{}, fmt.Errorf("store version %d of subject %q: %w", v.Number, v.Subject, err)
	}
	return v, nil
}

// SetConfig implements registry.Writer.
func (t *tx) SetConfig(ctx context.Context, subject string, c registry.Config) error {
	row := configRow{Subject: subject, Level: string(c.Level)}
	return t.db.WithContext(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
}

// DeleteConfig implements registry.Writer.
func (t *tx) DeleteConfig(ctx context.Context, subject string) error {
	res := t.db.WithContext(ctx).Where("subject = ?", subject).Delete(&configRow{})
	if res.Error == nil && res.RowsAffected == 0 {
		return registry.ErrLevelNotSet
	}
	return res.Error
}
