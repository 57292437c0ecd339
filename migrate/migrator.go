package migrate

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"

	"gorm.io/gorm"
)

// Migrator applies the migrations of a set of sources to one database. It is
// safe for concurrent use: runs in one process wait for each other just as runs
// of several processes do.
type Migrator struct {
	db      *sql.DB
	name    string // of the dialect
	dialect dialect
	sources []*source
	byName  map[string]*source
	cfg     config
	host    string
}

// New checks the sources (names, versions, folders; all problems in one
// [*SourceError]) and the options. It does not touch the database. Files are
// read and parsed when they are needed; [Migrator.Validate] parses them all.
func New(db *gorm.DB, sources []Source, opts ...Option) (*Migrator, error) {
	cfg := defaults()
	for _, o := range opts {
		if err := o.apply(&cfg); err != nil {
			return nil, err
		}
	}
	name := db.Name()
	d, ok := dialectOf(name)
	if !ok {
		return nil, fmt.Errorf("migrate: dialect %q is none of postgres, mysql, sqlite", name)
	}
	pool, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("migrate needs a database that is not inside a transaction: %w", err)
	}
	opened, err := openSources(sources, name)
	if err != nil {
		return nil, err
	}
	m := &Migrator{db: pool, name: name, dialect: d, sources: opened, byName: map[string]*source{}, cfg: cfg}
	for _, s := range opened {
		m.byName[s.name] = s
	}
	m.host, _ = os.Hostname() // a missing name only makes the history poorer
	return m, nil
}

// Validate parses every file in both directions and reports all that do not
// parse in one [*SourceError]. It does not touch the database.
func (m *Migrator) Validate(ctx context.Context) error {
	files := m.files()
	if _, err := scripts(ctx, files, DirectionUp); err != nil {
		return err
	}
	_, err := scripts(ctx, files, DirectionDown)
	return err
}

// files are all sources' migrations in the order of the plan: by version, which
// is their timestamp, then by source.
func (m *Migrator) files() []*file {
	var out []*file
	for _, s := range m.sources {
		out = append(out, s.files...)
	}
	slices.SortStableFunc(out, func(a, b *file) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.src.order, b.src.order))
	})
	return out
}

func (f *file) key() key { return key{f.Source, f.Version} }

// find gives the file of a migration, or nil.
func (m *Migrator) find(k key) *file {
	s, ok := m.byName[k.source]
	if !ok {
		return nil
	}
	return s.byKey[k.version]
}

// pending lists what is not applied, in the order of the plan. A migration that
// came late, with a version below others that are applied, is among them.
func (m *Migrator) pending(s *state) []*file {
	var out []*file
	for _, f := range m.files() {
		if !s.applied(f.key()) {
			out = append(out, f)
		}
	}
	return out
}

// settled reports whether an up has nothing to do, not even to record.
func (m *Migrator) settled(s *state) bool {
	if len(m.pending(s)) > 0 || len(s.unrecorded()) > 0 {
		return false
	}
	for _, f := range m.files() {
		if s.half(f.key()) != nil {
			return false
		}
	}
	return true
}

// Pending lists what [Migrator.Up] would apply, in its order. It takes no lock
// and writes nothing.
func (m *Migrator) Pending(ctx context.Context) ([]Migration, error) {
	s, err := m.survey(ctx)
	if err != nil {
		return nil, err
	}
	out := []Migration{}
	for _, f := range m.pending(s) {
		out = append(out, f.Migration)
	}
	return out, nil
}
