package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

// Request says what to compare.
type Request struct {
	// URL is the live database. It is only read.
	URL string
	// ScratchURL is an empty database of the same kind to build models and
	// migrations in; it is left empty. Without it a temporary database, schema
	// or file is made on the same server.
	ScratchURL string
	// Schema is the PostgreSQL schema to compare; empty for the one that
	// unqualified names lead to.
	Schema string
	// Sources are the migrations.
	Sources []migrate.Source
	// Models are pointers to GORM models, parents before children. None means
	// that only migrations and live database are compared.
	Models []any
	// Application names who asks, to those who wait for the lock of a scratch.
	Application string
}

// Report is what [Compare] found.
type Report struct {
	Dialect string `json:"dialect"`
	// Pending lists the migrations that the live database has not applied. They
	// are no difference: the live database is compared with what those that it
	// has applied make, the models with what all make.
	Pending []string `json:"pending"`
	// Notes say what was left out, and what may explain a difference.
	Notes []string `json:"notes"`
	// Differences are sorted by object; empty when all agree.
	Differences []Difference `json:"differences"`
}

// Compare builds the models and the migrations in scratch databases and
// compares both with the live database. What it builds is dropped before it
// returns, also after an error or when the context ends.
//
// Models are asked only for what they can say: tables, columns, keys, indexes,
// foreign keys and checks of the tables that they name. A migration that has a
// table without a model is a note. The error matches [ErrScratchUsed], or is a
// [*RightError] or a [*QualifiedError], where no scratch can be had.
func Compare(ctx context.Context, req Request) (_ *Report, err error) {
	if req.Schema != "" {
		req.URL = withSearchPath(req.URL, pgQuote(req.Schema))
	}
	live, err := database.Open(ctx, req.URL, database.MustExist())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, database.Close(live)) }()
	c := &comparison{req: req, db: live, place: &place{live: live, liveURL: req.URL, url: req.ScratchURL, sources: req.Sources}}
	if err := c.readLive(ctx); err != nil {
		return nil, err
	}
	if err := c.buildMigrations(ctx); err != nil {
		return nil, err
	}
	if err := c.buildModels(ctx); err != nil {
		return nil, err
	}
	return c.report(), nil
}

// comparison is one call of Compare.
type comparison struct {
	req   Request
	db    *gorm.DB
	place *place

	live    *Schema
	reached *Schema // what the migrations make that the live database has applied
	made    *Schema // what all migrations make
	models  *Schema // nil without models
	status  []migrate.Status
	adrift  bool // no migration is recorded as applied, and there are tables
}

func (c *comparison) migrator(db *gorm.DB, sources []migrate.Source) (*migrate.Migrator, error) {
	var opts []migrate.Option
	if c.req.Application != "" {
		opts = append(opts, migrate.WithApplication(c.req.Application))
	}
	return migrate.New(db, sources, opts...)
}

func (c *comparison) readLive(ctx context.Context) (err error) {
	m, err := c.migrator(c.db, c.req.Sources)
	if err != nil {
		return err
	}
	if c.status, err = m.Status(ctx); err != nil {
		return err
	}
	if c.live, err = Inspect(ctx, c.db); err != nil {
		return fmt.Errorf("the live database: %w", err)
	}
	c.adrift = len(c.live.Objects) > 0 && !slices.ContainsFunc(c.status, func(s migrate.Status) bool { return !waiting(s) })
	return nil
}

func waiting(s migrate.Status) bool {
	return s.State == migrate.StatePending || s.State == migrate.StatePartial
}

// buildMigrations applies first what the live database has, then the rest.
func (c *comparison) buildMigrations(ctx context.Context) error {
	return c.place.with(ctx, func(db *gorm.DB, _ string) (err error) {
		if !c.adrift && slices.ContainsFunc(c.status, waiting) {
			if c.reached, err = c.apply(ctx, db, c.applied()); err != nil {
				return err
			}
		}
		c.made, err = c.apply(ctx, db, c.req.Sources)
		if c.reached == nil {
			c.reached = c.made
		}
		return err
	})
}

// applied are the sources without what the live database has not applied.
func (c *comparison) applied() []migrate.Source {
	later := map[string][]int64{}
	for _, s := range c.status {
		if waiting(s) {
			later[s.Source] = append(later[s.Source], s.Version)
		}
	}
	out := make([]migrate.Source, len(c.req.Sources))
	for i, s := range c.req.Sources {
		out[i] = s.Without(later[s.Name()]...)
	}
	return out
}

func (c *comparison) apply(ctx context.Context, db *gorm.DB, sources []migrate.Source) (*Schema, error) {
	m, err := c.migrator(db, sources)
	if err != nil {
		return nil, err
	}
	if _, err := m.Up(ctx); err != nil {
		return nil, fmt.Errorf("apply the migrations to a scratch database: %w", err)
	}
	return Inspect(ctx, db)
}

func (c *comparison) buildModels(ctx context.Context) error {
	if len(c.req.Models) == 0 {
		return nil
	}
	return c.place.with(ctx, func(db *gorm.DB, _ string) (err error) {
		if err := db.WithContext(ctx).AutoMigrate(c.req.Models...); err != nil {
			return fmt.Errorf("make the models' tables in a scratch database: %w", err)
		}
		c.models, err = Inspect(ctx, db)
		return err
	})
}

func (c *comparison) report() *Report {
	r := &Report{Dialect: c.live.Dialect, Pending: []string{}, Notes: c.notes(), Differences: []Difference{}}
	for _, s := range c.status {
		if waiting(s) && !c.adrift {
			r.Pending = append(r.Pending, s.Migration.String())
		}
	}
	for _, id := range c.identities() {
		r.Differences = append(r.Differences, c.compare(id)...)
	}
	slices.SortStableFunc(r.Differences, func(a, b Difference) int { return strings.Compare(a.Table+a.Object, b.Table+b.Object) })
	return r
}

// identities are all objects of the sides that are not left out.
func (c *comparison) identities() []identity {
	seen := map[identity]bool{}
	var out []identity
	for _, s := range []*Schema{c.made, c.reached, c.live, c.models} {
		if s == nil {
			continue
		}
		for i := range s.Objects {
			o := &s.Objects[i]
			if id := o.id(); !seen[id] && c.strange(o) == "" {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}

// compare judges one object. Where pending migrations change it, models and
// migrations are compared as they will be, migrations and live as they are.
func (c *comparison) compare(id identity) []Difference {
	v := voices{models: c.models.find(id), migrations: c.made.find(id), live: c.live.find(id), spoken: c.spoken(id)}
	reached := c.reached.find(id)
	var found []*Difference
	if alike(v.migrations, reached) {
		if c.orphan(id, c.made, c.live) || v.spoken && c.orphan(id, c.made, c.models) {
			v = c.withoutTable(id, v)
		}
		found = append(found, judge(c.live.Dialect, v))
	} else {
		now := voices{migrations: reached, live: v.live}
		if !c.orphan(id, c.reached, c.live) {
			found = append(found, judge(c.live.Dialect, now))
		}
		if v.live = v.migrations; v.spoken && !c.orphan(id, c.made, c.models) {
			found = append(found, judge(c.live.Dialect, v))
		}
	}
	var out []Difference
	for _, d := range found {
		if d != nil {
			out = append(out, *d)
		}
	}
	return out
}

func alike(a, b *Object) bool {
	if a == nil || b == nil {
		return a == b
	}
	return len(unequal(a, b, false)) == 0
}

// spoken reports whether the models have a say in an object.
func (c *comparison) spoken(id identity) bool {
	if c.models == nil {
		return false
	}
	switch id.kind {
	case KindTable:
		return c.models.hasTable(id.name)
	case KindColumn, KindPrimaryKey, KindIndex, KindForeignKey, KindCheck:
		return c.models.hasTable(id.table)
	default:
		return false
	}
}

// orphan reports whether one of the two lacks the whole table or view: then that
// is the difference, and not each thing in it.
func (c *comparison) orphan(id identity, a, b *Schema) bool {
	return id.table != "" && a.hasOwner(id.table) != b.hasOwner(id.table)
}

// withoutTable leaves to judge of an object what does not follow from a table
// that is missing somewhere: sides without the table agree with the migrations,
// or, where those lack it, all is said by the table.
func (c *comparison) withoutTable(id identity, v voices) voices {
	if !c.made.hasOwner(id.table) {
		return voices{}
	}
	if !c.live.hasOwner(id.table) {
		v.live = v.migrations
	}
	return v
}
