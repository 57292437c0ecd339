package messaging

import (
	"context"
	"embed"
	"net/http"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/examples/internal/app"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/stream"
)

// Name is the application's name in the migration history, as consumer group
// and in the inbox.
const Name = "messaging"

// Config says where the application finds what it needs.
type Config = app.Config

// Faults let a test break one part of the application on purpose.
type Faults = app.Faults

//go:embed migrations
var migrationFiles embed.FS

// Source holds the application's own tables.
func Source() migrate.Source { return migrate.NewSource(Name, app.Sub(migrationFiles, "migrations")) }

// Run runs the application until ctx ends.
func Run(ctx context.Context, cfg Config) error {
	return app.Run(ctx, cfg, app.Application{Name: Name, Source: Source(), Routes: routes, API: api})
}

func routes(rt *app.Runtime) []stream.Route {
	h := handlers{rt}
	return []stream.Route{stream.On(h.paymentReceived), stream.On(h.accountState)}
}

func api(rt *app.Runtime, mux *http.ServeMux) {
	h := handlers{rt}
	mux.Handle("POST /accounts", app.Handle(http.StatusCreated, h.openAccount))
	mux.Handle("POST /messages", app.Handle(http.StatusCreated, h.createMessage))
	mux.Handle("GET /messages/{id}", app.Handle(http.StatusOK, h.showMessage))
}

type handlers struct{ *app.Runtime }

// Effect is a row of the application's own journal.
type Effect struct {
	ID         int64     `gorm:"column:id;primaryKey;autoIncrement"`
	EventID    string    `gorm:"column:event_id;size:36;not null;index:idx_messaging_effects_event"`
	EventType  string    `gorm:"column:event_type;size:120;not null"`
	HappenedAt time.Time `gorm:"column:happened_at;precision:6;not null"`
}

// TableName is the journal's table.
func (Effect) TableName() string { return "messaging_effects" }

// AccountCopy is what this application knows of an account.
type AccountCopy struct {
	AccountID    int64  `gorm:"column:account_id;primaryKey;autoIncrement:false"`
	Version      int64  `gorm:"column:version;not null"`
	DisplayName  string `gorm:"column:display_name;size:120;not null"`
	Status       string `gorm:"column:status;size:16;not null"`
	BalanceMinor int64  `gorm:"column:balance_minor;not null"`
}

// TableName is the copies' table.
func (AccountCopy) TableName() string { return "messaging_account_copies" }

func journal(tx *gorm.DB, eventID, eventType string) error {
	return tx.Create(&Effect{EventID: eventID, EventType: eventType, HappenedAt: time.Now().UTC()}).Error
}
