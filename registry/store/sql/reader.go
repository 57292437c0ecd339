package sqlstore

import (
	"context"
	"math"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/registry"
)

// reader asks the database, inside a transaction or not.
type reader struct{ db *gorm.DB }

// joined reads versions with their contents.
const joined = `SELECT v.subject, v.version, v.created_at, c.context, c.id, c.hash, c.meaning, c.schema_type, c.schema_text, c.refs
FROM registry_versions v JOIN registry_contents c ON c.context = v.context AND c.id = v.id WHERE `

// Content implements registry.ContentReader.
func (r reader) Content(ctx context.Context, key registry.Key) (registry.Content, error) {
	return r.content(ctx, "context = ? AND id = ?", key.Context, key.ID)
}

// ContentByHash implements registry.ContentReader.
func (r reader) ContentByHash(ctx context.Context, contextName string, hash registry.Hash) (registry.Content, error) {
	return r.content(ctx, "context = ? AND hash = ?", contextName, hash.String())
}

func (r reader) content(ctx context.Context, where string, args ...any) (registry.Content, error) {
	var rows []contentRow
	if err := r.db.WithContext(ctx).Where(where, args...).Limit(1).Find(&rows).Error; err != nil {
		return registry.Content{}, err
	}
	if len(rows) == 0 {
		return registry.Content{}, registry.ErrSchemaNotFound
	}
	return rows[0].content()
}

// Uses implements registry.ContentReader.
func (r reader) Uses(ctx context.Context, key registry.Key) ([]registry.SubjectVersion, error) {
	var list []registry.SubjectVersion
	err := r.db.WithContext(ctx).Model(&versionRow{}).Select("subject", "version").
		Where("context = ? AND id = ?", key.Context, key.ID).
		Order("subject, version").Find(&list).Error
	return list, err
}

// Referrers implements registry.ContentReader.
func (r reader) Referrers(ctx context.Context, of registry.SubjectVersion) ([]uint32, error) {
	var ids []uint32
	err := r.db.WithContext(ctx).Model(&referenceRow{}).Distinct().
		Where("subject = ? AND version = ?", of.Subject, of.Version).
		Order("id").Pluck("id", &ids).Error
	return ids, err
}

// Subjects implements registry.VersionReader.
func (r reader) Subjects(ctx context.Context, prefix string, page registry.Page) ([]string, error) {
	q := paged(r.db.WithContext(ctx).Model(&subjectRow{}).Where("subject >= ?", prefix), page)
	if end := after(prefix); end != "" {
		q = q.Where("subject < ?", end)
	}
	var names []string
	err := q.Order("subject").Pluck("subject", &names).Error
	return names, err
}

// after is the least text that is greater than all that begin with prefix, or
// empty when there is none. It goes by characters, because not every database
// takes bytes that are no UTF-8; their order is that of the bytes.
func after(prefix string) string {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case r == 0xD7FF:
			return prefix + "\uE000" // what lies between is no character
		case r < utf8.MaxRune:
			return prefix + string(r+1)
		}
	}
	return ""
}

// Versions implements registry.VersionReader.
func (r reader) Versions(ctx context.Context, subject string, page registry.Page) ([]int, error) {
	var numbers []int
	q := paged(r.db.WithContext(ctx).Model(&versionRow{}).Where("subject = ?", subject), page)
	if err := q.Order("version").Pluck("version", &numbers).Error; err != nil {
		return nil, err
	}
	if len(numbers) == 0 {
		return nil, r.hasSubject(ctx, subject)
	}
	return numbers, nil
}

// hasSubject answers nil or ErrSubjectNotFound.
func (r reader) hasSubject(ctx context.Context, subject string) error {
	var n int64
	err := r.db.WithContext(ctx).Model(&subjectRow{}).Where("subject = ?", subject).Count(&n).Error
	if err == nil && n == 0 {
		return registry.ErrSubjectNotFound
	}
	return err
}

// Version implements registry.VersionReader.
func (r reader) Version(ctx context.Context, v registry.SubjectVersion) (registry.Version, error) {
	where, args := "v.subject = ? AND v.version = ?", []any{v.Subject, v.Version}
	if v.Version == registry.Latest {
		where, args = "v.subject = ? ORDER BY v.version DESC LIMIT 1", []any{v.Subject}
	}
	return r.one(ctx, v.Subject, registry.ErrVersionNotFound, where, args...)
}

// FindVersion implements registry.VersionReader.
func (r reader) FindVersion(ctx context.Context, q registry.Query) (registry.Version, error) {
	return r.one(ctx, q.Subject, registry.ErrSchemaNotFound,
		`v.subject = ? AND (v.hash = ? OR v.meaning = ?)
		ORDER BY CASE WHEN v.hash = ? THEN 0 ELSE 1 END, v.version DESC LIMIT 1`,
		q.Subject, q.Hash.String(), q.Meaning.String(), q.Hash.String())
}

// one answers the single version of a query; without one ErrSubjectNotFound, or
// the error given for a subject that is there.
func (r reader) one(ctx context.Context, subject string, missing error, where string, args ...any) (registry.Version, error) {
	found, err := r.versions(ctx, where, args...)
	if err != nil {
		return registry.Version{}, err
	}
	if len(found) == 0 {
		if err := r.hasSubject(ctx, subject); err != nil {
			return registry.Version{}, err
		}
		return registry.Version{}, missing
	}
	return found[0], nil
}

// History implements registry.VersionReader.
func (r reader) History(ctx context.Context, subject string, page registry.Page) ([]registry.Version, error) {
	limit, offset := bounds(page)
	return r.versions(ctx, "v.subject = ? ORDER BY v.version DESC LIMIT ? OFFSET ?", subject, limit, offset)
}

func (r reader) versions(ctx context.Context, where string, args ...any) ([]registry.Version, error) {
	var rows []joinedRow
	if err := r.db.WithContext(ctx).Raw(joined+where, args...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	var list []registry.Version
	for _, row := range rows {
		v, err := row.version()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// Config implements registry.ConfigReader.
func (r reader) Config(ctx context.Context, subject string) (registry.Config, error) {
	var rows []configRow
	if err := r.db.WithContext(ctx).Limit(1).Find(&rows, "subject = ?", subject).Error; err != nil {
		return registry.Config{}, err
	}
	if len(rows) == 0 {
		return registry.Config{}, registry.ErrLevelNotSet
	}
	return registry.Config{Level: registry.Level(rows[0].Level)}, nil
}

func paged(q *gorm.DB, page registry.Page) *gorm.DB {
	limit, offset := bounds(page)
	return q.Limit(limit).Offset(offset)
}

// bounds spells a page out: MySQL takes no offset without a limit.
func bounds(page registry.Page) (limit, offset int) {
	limit = page.Limit
	if limit <= 0 {
		limit = math.MaxInt32
	}
	return limit, max(page.Offset, 0)
}
