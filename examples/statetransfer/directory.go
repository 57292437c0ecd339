package statetransfer

import (
	"context"
	"embed"
	"net/http"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/examples/internal/app"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/registry/client"
)

//go:embed migrations
var migrationFiles embed.FS

// Copy is what the directory has of an account.
type Copy struct {
	AccountID   int64  `gorm:"column:account_id;primaryKey;autoIncrement:false" json:"id"`
	Version     int64  `gorm:"column:version;not null" json:"version"`
	DisplayName string `gorm:"column:display_name;size:120;not null" json:"display_name"`
	Status      string `gorm:"column:status;size:16;not null" json:"status"`
}

// TableName is the copies' table.
func (Copy) TableName() string { return "directory_accounts" }

// RunDirectory runs the consumer until ctx ends. caughtUp is called once, when the
// copy holds all that was on the topic at the start; until then it may lack accounts,
// and an application had better not answer. GET /accounts/{id} shows the copy.
func RunDirectory(ctx context.Context, cfg Config, caughtUp func()) error {
	return app.Run(ctx, cfg, app.Application{
		Name:   "directory",
		Source: migrate.NewSource("directory", app.Sub(migrationFiles, "migrations/directory")),
		API: func(rt *app.Runtime, mux *http.ServeMux) {
			mux.Handle("GET /accounts/{id}", app.Handle(http.StatusOK, func(r *http.Request, _ struct{}) (c Copy, err error) {
				id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
				if err != nil {
					return c, app.ErrInput
				}
				return c, rt.DB.WithContext(r.Context()).First(&c, id).Error
			}))
		},
		Work: func(ctx context.Context, rt *app.Runtime, schemas *client.Client) error {
			f := newFollower(cfg, rt.DB, schemas, caughtUp)
			return f.run(ctx)
		},
	})
}

// keep writes a state unless the copy has that version or a later one.
func keep(tx *gorm.DB, e *events.AccountState) error {
	row := Copy{AccountID: e.AccountID, Version: e.Version, DisplayName: e.DisplayName, Status: strings.ToLower(e.Status.String())}
	made := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if made.Error != nil || made.RowsAffected > 0 {
		return made.Error
	}
	return tx.Model(&row).Where("version < ?", row.Version).Select("version", "display_name", "status").Updates(&row).Error
}

// forget removes an account. A tombstone without a version removes it whatever it is.
func forget(tx *gorm.DB, accountID, version int64, versioned bool) error {
	if versioned {
		tx = tx.Where("version <= ?", version)
	}
	return tx.Delete(&Copy{}, accountID).Error
}
