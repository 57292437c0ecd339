package notification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/examples/internal/app"
	"github.com/schemactl/schemactl/examples/notification/events"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/stream"
)

const (
	callTimeout = 5 * time.Second
	maxAnswer   = 1 << 20
)

// Entry is what the search knows of a product.
type Entry struct {
	ID         int64  `gorm:"column:id;primaryKey;autoIncrement:false" json:"id"`
	Name       string `gorm:"column:name;size:120;not null" json:"name"`
	PriceMinor int64  `gorm:"column:price_minor;not null" json:"price_minor"`
	Version    int64  `gorm:"column:version;not null" json:"version"`
	Gone       bool   `gorm:"column:gone;not null" json:"-"`
}

// TableName is the entries' table.
func (Entry) TableName() string { return "search_products" }

// RunSearch runs the consumer until ctx ends. catalogURL is the source's API;
// GET /products/{id} shows what the search knows.
func RunSearch(ctx context.Context, cfg Config, catalogURL string) error {
	return app.Run(ctx, cfg, app.Application{
		Name:   "search",
		Source: migrate.NewSource("search", app.Sub(migrationFiles, "migrations/search")),
		Events: events.AvroEvents(),
		Routes: func(rt *app.Runtime) []stream.Route {
			s := search{rt, catalogURL, &http.Client{Timeout: callTimeout}}
			return []stream.Route{stream.On(s.productChanged)}
		},
		API: func(rt *app.Runtime, mux *http.ServeMux) {
			mux.Handle("GET /products/{id}", app.Handle(http.StatusOK, search{Runtime: rt}.show))
		},
	})
}

type search struct {
	*app.Runtime
	catalogURL string
	http       *http.Client
}

var errGone = errors.New("the catalog has no such product")

// productChanged asks for the product as it is now. An error, such as a catalog that
// does not answer, is tried again by the consumer; later events of the partition wait.
func (s search) productChanged(ctx context.Context, m stream.Message[events.ProductChanged]) error {
	var known Entry
	err := s.DB.WithContext(ctx).Limit(1).Find(&known, m.Event.ProductID).Error
	if err != nil || known.Gone || known.Version >= m.Event.Version {
		return err // after a burst of changes the first answer has told all
	}
	p, err := s.ask(ctx, m.Event.ProductID)
	switch {
	case errors.Is(err, errGone):
		return s.keep(ctx, &Entry{ID: m.Event.ProductID, Version: m.Event.Version, Gone: true})
	case err != nil:
		return err
	case p.Version < m.Event.Version:
		return fmt.Errorf("the catalog shows version %d of product %d, the event tells of %d: does it answer from a replica?", p.Version, p.ID, m.Event.Version)
	}
	return s.keep(ctx, &Entry{ID: p.ID, Name: p.Name, PriceMinor: p.PriceMinor, Version: p.Version})
}

// ask gets a product from the catalog.
func (s search) ask(ctx context.Context, id int64) (p Product, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/products/%d", s.catalogURL, id), http.NoBody)
	if err != nil {
		return p, err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	switch resp.StatusCode {
	case http.StatusOK:
		return p, json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&p)
	case http.StatusNotFound: // deleted since: ids are not used twice, so it stays so
		return p, errGone
	}
	return p, fmt.Errorf("catalog, product %d: %s", id, resp.Status)
}

// keep writes an entry unless a newer one is there. What is gone stays so: an instance
// that lost its partition may still write an answer from before.
func (s search) keep(ctx context.Context, e *Entry) error {
	return s.DB.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		made := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(e)
		if made.Error != nil || made.RowsAffected > 0 {
			return made.Error
		}
		return tx.Model(e).Where("NOT gone AND version < ?", e.Version).Select("name", "price_minor", "version", "gone").Updates(e).Error
	})
}

func (s search) show(r *http.Request, _ struct{}) (e Entry, err error) {
	id, err := pathID(r)
	if err != nil {
		return e, err
	}
	return e, s.DB.WithContext(r.Context()).Where("NOT gone").First(&e, id).Error
}
