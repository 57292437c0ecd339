package drift

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

// TryRequest says which migrations to try, and where.
type TryRequest struct {
	// URL names the server. The database itself is not touched: a scratch is
	// made beside it. Empty means an SQLite file in the temporary folder.
	URL string
	// ScratchURL is an empty database to use instead; it is left empty.
	ScratchURL string
	// Sources are the migrations.
	Sources []migrate.Source
	// Application names who asks, to those who wait for the lock of a scratch.
	Application string
}

// Trial is what became of one migration.
type Trial struct {
	// Migration is source/file.
	Migration string `json:"migration"`
	// Reversible says that up, down and up again worked, that down gave the
	// schema of before and the second up that of the first.
	Reversible bool `json:"reversible"`
	// Problem says what failed, with the step; empty when nothing did.
	Problem string `json:"problem"`
	// Left lists in what the schema after down is not the one of before, or
	// after the second up not the one after the first.
	Left []string `json:"left"`
	// Rows is how many generated rows were in the tables during down.
	Rows int `json:"rows"`
	// Empty lists tables for which no row could be generated, and why.
	Empty []string `json:"empty"`
	// Skipped says that a migration before it failed, so that it was not tried.
	Skipped bool `json:"skipped"`
}

// Try takes each migration up, down and up again in a scratch database with
// generated rows in the tables, and compares the schema after down with the one
// before up. What fails is in the trials: the error is about the trying itself.
// Rows hold values that the types, foreign keys and unique indexes take; those
// that only a check or a trigger knows to refuse are given up, and said so.
func Try(ctx context.Context, req TryRequest) (_ []Trial, err error) {
	url := req.URL
	if url == "" || strings.HasPrefix(url, "sqlite") || strings.HasPrefix(url, "file:") {
		dir, remove, ferr := scratchFolder()
		if ferr != nil {
			return nil, ferr
		}
		defer func() { err = errors.Join(err, remove()) }()
		url = "sqlite:" + filepath.Join(dir, "none.db")
	}
	live, err := database.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, database.Close(live)) }()
	t := &trial{req: req, place: &place{live: live, liveURL: url, url: req.ScratchURL, sources: req.Sources}}
	if err := t.list(ctx); err != nil {
		return nil, err
	}
	for len(t.done) < len(t.all) {
		if err := t.place.with(ctx, func(db *gorm.DB, _ string) error { return t.round(ctx, db) }); err != nil {
			return nil, err
		}
	}
	return t.done, nil
}

// trial is one call of Try.
type trial struct {
	req   TryRequest
	place *place
	all   []migrate.Migration // in the order of the plan
	done  []Trial
}

func (t *trial) list(ctx context.Context) error {
	return t.place.with(ctx, func(db *gorm.DB, _ string) error {
		m, err := migrate.New(db, t.req.Sources)
		if err != nil {
			return err
		}
		if err := m.Validate(ctx); err != nil {
			return err
		}
		t.all, err = m.Pending(ctx)
		return err
	})
}

// first is a migrator of the first n migrations.
func (t *trial) first(db *gorm.DB, n int) (*migrate.Migrator, error) {
	later := map[string][]int64{}
	for _, m := range t.all[n:] {
		later[m.Source] = append(later[m.Source], m.Version)
	}
	sources := make([]migrate.Source, len(t.req.Sources))
	for i, s := range t.req.Sources {
		sources[i] = s.Without(later[s.Name()]...)
	}
	var opts []migrate.Option
	if t.req.Application != "" {
		opts = append(opts, migrate.WithApplication(t.req.Application))
	}
	return migrate.New(db, sources, opts...)
}

// round goes on from the first migration that was not tried, until one fails:
// after that the database is not what it should be, and another round begins.
func (t *trial) round(ctx context.Context, db *gorm.DB) error {
	if n := len(t.done); n > 0 {
		m, err := t.first(db, n)
		if err != nil {
			return err
		}
		if _, err := m.Up(ctx); err != nil {
			return t.giveUp(ctx, err)
		}
	}
	for n := len(t.done) + 1; n <= len(t.all); n++ {
		m, err := t.first(db, n)
		if err != nil {
			return err
		}
		one := Trial{Migration: t.all[n-1].String(), Left: []string{}, Empty: []string{}}
		if err := one.try(ctx, db, m); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		one.Reversible = one.Problem == "" && len(one.Left) == 0
		t.done = append(t.done, one)
		if !one.Reversible {
			return nil
		}
	}
	return nil
}

// giveUp marks the rest as not tried: without the one before, even in an empty
// database, nothing can be said of them.
func (t *trial) giveUp(ctx context.Context, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	last := &t.done[len(t.done)-1]
	if last.Problem == "" {
		last.Problem = "up in an empty database: " + cause.Error()
	}
	for _, m := range t.all[len(t.done):] {
		t.done = append(t.done, Trial{Migration: m.String(), Skipped: true, Left: []string{}, Empty: []string{}})
	}
	return nil
}

// try runs one migration up, down and up.
func (one *Trial) try(ctx context.Context, db *gorm.DB, m *migrate.Migrator) error {
	before, err := Inspect(ctx, db)
	if err != nil {
		return err
	}
	if _, _, err := fill(ctx, db, before); err != nil {
		return err
	}
	if _, err := m.Up(ctx); err != nil {
		return one.failed("up", err)
	}
	after, err := Inspect(ctx, db)
	if err != nil {
		return err
	}
	if one.Rows, one.Empty, err = fill(ctx, db, after); err != nil {
		return err
	}
	if _, err := m.Down(ctx, migrate.DownOptions{}); err != nil {
		return one.failed("down", err)
	}
	if err := one.compare(ctx, db, "after down", before); err != nil {
		return err
	}
	if _, err := m.Up(ctx); err != nil {
		return one.failed("up again", err)
	}
	return one.compare(ctx, db, "after the second up", after)
}

// failed notes in which step the migration failed: a result, and no error.
func (one *Trial) failed(step string, err error) error {
	one.Problem = step + ": " + err.Error()
	return nil
}

func (one *Trial) compare(ctx context.Context, db *gorm.DB, when string, want *Schema) error {
	got, err := Inspect(ctx, db)
	if err != nil {
		return err
	}
	for _, line := range schemaDiff(want, got) {
		one.Left = append(one.Left, when+": "+line)
	}
	return nil
}

// schemaDiff says in words in what one schema is not another.
func schemaDiff(want, got *Schema) []string {
	var out []string
	for i := range want.Objects {
		w := &want.Objects[i]
		g := got.find(w.id())
		switch {
		case g == nil && (w.Table == "" || got.hasTable(w.Table)):
			out = append(out, w.String()+" is missing")
		case g != nil:
			if facts := unequal(w, g, false); len(facts) > 0 {
				out = append(out, fmt.Sprintf("%s has %s, not %s", w, say(g, facts), say(w, facts)))
			}
		}
	}
	for i := range got.Objects {
		g := &got.Objects[i]
		if want.find(g.id()) == nil && (g.Table == "" || want.hasTable(g.Table)) {
			out = append(out, g.String()+" is left over")
		}
	}
	return out
}
