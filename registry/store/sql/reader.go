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
const joined = `SELECT v.subject, v.version, v.created_at, v.deleted, c.context, c.id, c.hash, c.meaning, c.schema_type, c.schema_text, c.refs
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
func (r reader) Uses(ctx context.Context, q registry.UsesQuery) ([]registry.SubjectVersion, error) {
	db := r.versionRows(ctx, q.Deleted).Select("subject", "version").
		Where("context = ? AND id = ?", q.Key.Context, q.Key.ID)
	if q.Subject != "" {
		db = db.Where("subject = ?", q.Subject)
	}
	var list []registry.SubjectVersion
	err := db.Order("subject, version").Find(&list).Error
	return list, err
}

// Subjects implements registry.VersionReader.
func (r reader) Subjects(ctx context.Context, req registry.SubjectsRequest) ([]string, error) {
	db := paged(r.db.WithContext(ctx).Model(&subjectRow{}).Where("subject >= ?", req.Prefix), req.Page)
	if end := after(req.Prefix); end != "" {
		db = db.Where("subject < ?", end)
	}
	if req.Deleted != registry.WithDeleted {
		db = db.Where("live = ?", req.Deleted == registry.WithoutDeleted)
	}
	var names []string
	err := db.Order("subject").Pluck("subject", &names).Error
	return names, err
}

// versionRows is a query for versions of a kind.
func (r reader) versionRows(ctx context.Context, which registry.Deleted) *gorm.DB {
	db := r.db.WithContext(ctx).Model(&versionRow{})
	if which == registry.WithDeleted {
		return db
	}
	return db.Where("deleted = ?", which == registry.OnlyDeleted)
}

// of says the same for a query that is text: a condition on the table v, and
// what it takes.
func of(which registry.Deleted) (condition string, args []any) {
	if which == registry.WithDeleted {
		return "", nil
	}
	return " AND v.deleted = ?", []any{which == registry.OnlyDeleted}
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
func (r reader) Versions(ctx context.Context, req registry.VersionsRequest) ([]int, error) {
	var numbers []int
	db := paged(r.versionRows(ctx, req.Deleted).Where("subject = ?", req.Subject), req.Page)
	if err := db.Order("version").Pluck("version", &numbers).Error; err != nil {
		return nil, err
	}
	if len(numbers) == 0 {
		return nil, r.hasVersion(ctx, req.Subject, req.Deleted)
	}
	return numbers, nil
}

// hasVersion answers nil, or ErrSubjectNotFound when the subject has no version
// of that kind.
func (r reader) hasVersion(ctx context.Context, subject string, which registry.Deleted) error {
	var numbers []int
	err := r.versionRows(ctx, which).Where("subject = ?", subject).Limit(1).Pluck("version", &numbers).Error
	if err == nil && len(numbers) == 0 {
		return registry.ErrSubjectNotFound
	}
	return err
}

// Version implements registry.VersionReader.
func (r reader) Version(ctx context.Context, at registry.SubjectVersion, which registry.Deleted) (registry.Version, error) {
	condition, args := of(which)
	where := "v.subject = ?" + condition
	args = append([]any{at.Subject}, args...)
	if at.Version == registry.Latest {
		where, args = where+" AND v.deleted = ? ORDER BY v.version DESC LIMIT 1", append(args, false)
	} else {
		where, args = where+" AND v.version = ?", append(args, at.Version)
	}
	return r.one(ctx, kind{at.Subject, which, registry.ErrVersionNotFound}, where, args...)
}

// FindVersion implements registry.VersionReader.
func (r reader) FindVersion(ctx context.Context, q registry.Query) (registry.Version, error) {
	condition, args := of(q.Deleted)
	args = append([]any{q.Subject, q.Hash.String(), q.Meaning.String()}, args...)
	return r.one(ctx, kind{q.Subject, q.Deleted, registry.ErrSchemaNotFound},
		"v.subject = ? AND (v.hash = ? OR v.meaning = ?)"+condition+
			" ORDER BY CASE WHEN v.hash = ? THEN 0 ELSE 1 END, v.version DESC LIMIT 1",
		append(args, q.Hash.String())...)
}

// kind is what a query for one version is about, and the error when the subject
// has versions of that kind but not the one.
type kind struct {
	subject string
	which   registry.Deleted
	missing error
}

// one answers the single version of a query.
func (r reader) one(ctx context.Context, k kind, where string, args ...any) (registry.Version, error) {
	found, err := r.versions(ctx, where, args...)
	if err != nil {
		return registry.Version{}, err
	}
	if len(found) == 0 {
		if err := r.hasVersion(ctx, k.subject, k.which); err != nil {
			return registry.Version{}, err
		}
		return registry.Version{}, k.missing
	}
	return found[0], nil
}

// History implements registry.VersionReader.
func (r reader) History(ctx context.Context, subject string, page registry.Page) ([]registry.Version, error) {
	limit, offset := bounds(page)
	return r.versions(ctx, "v.subject = ? AND v.deleted = ? ORDER BY v.version DESC LIMIT ? OFFSET ?", subject, false, limit, offset)
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
