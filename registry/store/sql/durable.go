package sqlstore

import (
	"context"
	"fmt"
	"log/slog"

	"gorm.io/gorm"
)

// syncFull is SQLite's number for commits that are on the disk once they are answered.
const syncFull = 2

// warnUndurable says so when what is answered may be lost with the machine's power:
// the caller opened the database, and only who opens it can set that for each of
// its connections.
func warnUndurable(ctx context.Context, db *gorm.DB, log *slog.Logger) error {
	if log == nil || db.Name() != "sqlite" {
		return nil
	}
	var level int
	if err := db.WithContext(ctx).Raw("PRAGMA synchronous").Scan(&level).Error; err != nil {
		return fmt.Errorf("registry store: %w", err)
	}
	if level < syncFull {
		log.WarnContext(ctx, "a power cut may take schemas that were answered, and their ids are given again: "+
			"open the database with synchronous=FULL, on each connection", "synchronous", level)
	}
	return nil
}
