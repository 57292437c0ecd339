package sqlstore

import (
	"context"

	"github.com/schemactl/schemactl/registry"
)

// referring joins references with the versions that make them.
const referring = ` FROM registry_references r JOIN registry_versions v ON v.context = r.context AND v.id = r.id WHERE r.subject = ?`

// Referrers implements registry.ReferenceReader.
func (r reader) Referrers(ctx context.Context, to registry.SubjectVersion, from registry.Deleted) ([]uint32, error) {
	condition, args := of(from)
	args = append([]any{to.Subject, to.Version}, args...)
	var ids []uint32
	err := r.db.WithContext(ctx).
		Raw("SELECT DISTINCT r.id"+referring+" AND r.version = ?"+condition+" ORDER BY r.id", args...).Scan(&ids).Error
	return ids, err
}

// FindReferral implements registry.ReferenceReader.
func (r reader) FindReferral(ctx context.Context, q registry.ReferralQuery) (registry.Referral, error) {
	condition, args := of(q.Deleted)
	args = append([]any{q.To.Subject}, args...)
	if q.To.Version != 0 {
		condition, args = condition+" AND r.version = ?", append(args, q.To.Version)
	}
	if q.Except != "" {
		condition, args = condition+" AND v.subject <> ?", append(args, q.Except)
	}
	var rows []struct {
		Subject  string `gorm:"column:subject"`
		Version  int    `gorm:"column:version"`
		Referred int    `gorm:"column:referred"`
	}
	err := r.db.WithContext(ctx).Raw("SELECT v.subject, v.version, r.version AS referred"+referring+condition+
		" ORDER BY v.subject, v.version, r.version LIMIT 1", args...).Scan(&rows).Error
	if err != nil {
		return registry.Referral{}, err
	}
	if len(rows) == 0 {
		return registry.Referral{}, registry.ErrVersionNotFound
	}
	return registry.Referral{
		From: registry.SubjectVersion{Subject: rows[0].Subject, Version: rows[0].Version},
		To:   registry.SubjectVersion{Subject: q.To.Subject, Version: rows[0].Referred},
	}, nil
}
