package notification

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/examples/internal/app"
	"github.com/schemactl/schemactl/examples/notification/events"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
)

// Config says where an application finds what it needs.
type Config = app.Config

//go:embed migrations
var migrationFiles embed.FS

// Product is what the catalog owns.
type Product struct {
	ID         int64  `gorm:"column:id;primaryKey;autoIncrement" json:"id"`
	Name       string `gorm:"column:name;size:120;not null" json:"name"`
	PriceMinor int64  `gorm:"column:price_minor;not null" json:"price_minor"`
	// Version counts the product's changes. It is raised under the row's lock.
	Version int64 `gorm:"column:version;not null" json:"version"`
}

// TableName is the products' table.
func (Product) TableName() string { return "catalog_products" }

// RunCatalog runs the source until ctx ends: POST /products makes one,
// POST /products/{id} changes it, GET and DELETE do what they say.
func RunCatalog(ctx context.Context, cfg Config) error {
	return app.Run(ctx, cfg, app.Application{
		Name:   "catalog",
		Source: migrate.NewSource("catalog", app.Sub(migrationFiles, "migrations/catalog")),
		Events: events.AvroEvents(),
		API: func(rt *app.Runtime, mux *http.ServeMux) {
			c := catalog{rt}
			mux.Handle("POST /products", app.Handle(http.StatusCreated, c.create))
			mux.Handle("POST /products/{id}", app.Handle(http.StatusOK, c.change))
			mux.Handle("GET /products/{id}", app.Handle(http.StatusOK, c.show))
			mux.Handle("DELETE /products/{id}", app.Handle(http.StatusOK, c.remove))
		},
	})
}

type catalog struct{ *app.Runtime }

// NewProduct is the body of both POST requests.
type NewProduct struct {
	Name       string `json:"name"`
	PriceMinor int64  `json:"price_minor"`
}

func (c catalog) create(r *http.Request, in NewProduct) (Product, error) {
	p := Product{Name: in.Name, PriceMinor: in.PriceMinor, Version: 1}
	err := c.DB.WithContext(r.Context()).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&p).Error; err != nil {
			return err
		}
		return announce(tx, p, events.ChangeCreated)
	})
	return p, err
}

func (c catalog) change(r *http.Request, in NewProduct) (Product, error) {
	return c.update(r, events.ChangeChanged, func(tx *gorm.DB, p *Product) error {
		p.Name, p.PriceMinor = in.Name, in.PriceMinor
		return tx.Select("name", "price_minor", "version").Updates(p).Error
	})
}

func (c catalog) remove(r *http.Request, _ struct{}) (Product, error) {
	return c.update(r, events.ChangeDeleted, func(tx *gorm.DB, p *Product) error { return tx.Delete(p).Error })
}

// update does something to a product under its lock and announces it.
func (c catalog) update(r *http.Request, what events.Change, do func(tx *gorm.DB, p *Product) error) (p Product, err error) {
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	err = c.DB.WithContext(r.Context()).Transaction(func(tx *gorm.DB) error {
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).First(&p, id).Error; err != nil {
			return err
		}
		p.Version++
		if err := do(tx, &p); err != nil {
			return err
		}
		return announce(tx, p, what)
	})
	return p, err
}

func announce(tx *gorm.DB, p Product, what events.Change) error {
	return outbox.Publish(tx, &events.ProductChanged{ProductID: p.ID, Version: p.Version, What: what})
}

func (c catalog) show(r *http.Request, _ struct{}) (p Product, err error) {
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	return p, c.DB.WithContext(r.Context()).First(&p, id).Error
}

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: id %q is no number", app.ErrInput, r.PathValue("id"))
	}
	return id, nil
}
