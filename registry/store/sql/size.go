package sqlstore

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// mostBytes is how large a record may be. MySQL and MariaDB bound a statement, and half
// of that leaves room for what is around the record; their defaults allow what every
// store takes.
func mostBytes(ctx context.Context, db *gorm.DB) (int, error) {
	if db.Name() != "mysql" {
		return record.MostBytes, nil
	}
	var packet int
	if err := db.WithContext(ctx).Raw("SELECT @@max_allowed_packet").Scan(&packet).Error; err != nil {
		return 0, fmt.Errorf("registry store: read max_allowed_packet: %w", err)
	}
	return min(packet/2, record.MostBytes), nil
}

// refused looks whether rows could not be written because the bound was lowered after
// it was read. Then nothing of the transaction lasts, and the next change knows better.
// The error itself is no help: some connections just end.
func (t *table) refused(ctx context.Context, rows []row, cause error) error {
	most, err := mostBytes(ctx, t.db)
	if err != nil || most >= t.most {
		return cause
	}
	t.most = most
	for i := range rows {
		if size := rows[i].size(); size > most {
			too := &registry.SizeError{What: "what is to be written", Size: size, Most: most}
			return fmt.Errorf("%w: %w: %w", replica.ErrRefused, too, cause)
		}
	}
	return fmt.Errorf("%w: %w", replica.ErrRefused, cause)
}
