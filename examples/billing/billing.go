package billing

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
const Name = "billing"

// Config says where the application finds what it needs.
type Config = app.Config

//go:embed migrations
var migrationFiles embed.FS

// Source holds the application's own table.
func Source() migrate.Source { return migrate.NewSource(Name, app.Sub(migrationFiles, "migrations")) }

// Run runs the application until ctx ends.
func Run(ctx context.Context, cfg Config) error {
	return app.Run(ctx, cfg, app.Application{Name: Name, Source: Source(), Routes: routes, API: api})
}

func routes(rt *app.Runtime) []stream.Route {
	h := handlers{rt}
	return []stream.Route{stream.On(h.messageCreated), stream.On(h.messageDelivered)}
}

func api(rt *app.Runtime, mux *http.ServeMux) {
	h := handlers{rt}
	mux.Handle("GET /accounts/{id}", app.Handle(http.StatusOK, h.showAccount))
	mux.Handle("GET /messages/{id}/payment", app.Handle(http.StatusOK, h.showPayment))
}

type handlers struct{ *app.Runtime }

// Effect is a row of the application's own journal.
type Effect struct {
	ID         int64     `gorm:"column:id;primaryKey;autoIncrement"`
	EventID    string    `gorm:"column:event_id;size:36;not null;index:idx_billing_effects_event"`
	EventType  string    `gorm:"column:event_type;size:120;not null"`
	HappenedAt time.Time `gorm:"column:happened_at;precision:6;not null"`
}

// TableName is the journal's table.
func (Effect) TableName() string { return "billing_effects" }

func journal(tx *gorm.DB, eventID, eventType string) error {
	return tx.Create(&Effect{EventID: eventID, EventType: eventType, HappenedAt: time.Now().UTC()}).Error
}
