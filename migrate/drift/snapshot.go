package drift

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

// SnapshotRequest says of what to make a snapshot.
type SnapshotRequest struct {
	// URL is the live database. It is only read: it says which migrations are
	// applied, and on which server the scratch is made.
	URL string
	// ScratchURL is an empty database of the same kind to use instead; it is
	// left empty.
	ScratchURL string
	// Sources are the migrations. All that are applied must be there.
	Sources []migrate.Source
	// Application names who asks, to those who wait for the lock of a scratch.
	Application string
}

// Snapshot runs the migrations that a live database has applied in a scratch
// database and writes what they made there as SQL: the schema, the rows, where
// counters stand, and last the record of the migrations. A fresh database that
// starts from it, by [Load], is equal to one that ran every migration.
//
// Rows of the live database are not read, as nobody can tell those of migrations
// from those of applications in it; a row is written with the value that it had
// in the scratch, also where a migration asked for the time or for chance.
// More than 50,000 rows or 32 MB are refused. It tells in what the live database
// is not what its migrations make, since the snapshot has the latter.
func Snapshot(ctx context.Context, w io.Writer, req SnapshotRequest) (notes []string, err error) {
	live, err := database.Open(ctx, req.URL, database.MustExist())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, database.Close(live)) }()
	c := &comparison{
		req: Request{Sources: req.Sources, Application: req.Application}, db: live,
		place: &place{live: live, liveURL: req.URL, url: req.ScratchURL, sources: req.Sources},
	}
	if err := c.readLive(ctx); err != nil {
		return nil, err
	}
	if notes, err = c.snapshotable(); err != nil {
		return nil, err
	}
	err = c.place.with(ctx, func(db *gorm.DB, _ string) error {
		made, err := c.apply(ctx, db, c.applied())
		if err != nil {
			return err
		}
		if lines := schemaDiff(made, c.live); len(lines) > 0 {
			notes = append(notes, fmt.Sprintf("the database is not what its migrations make, which the snapshot has (%s: %s): see 'schemactl drift'",
				plural(len(lines), "difference"), shortened(lines)))
		}
		return dump(ctx, w, db, withRows)
	})
	return notes, err
}

// snapshotable refuses what cannot be made again from the files that are here.
func (c *comparison) snapshotable() (notes []string, err error) {
	const out = "or write the schema alone with --schema-only"
	if c.adrift {
		return nil, errors.New("snapshot: the database has tables, and no migration is recorded as applied: record them with 'migrate baseline', " + out)
	}
	if unknown := c.unknownSources(); len(unknown) > 0 {
		return nil, fmt.Errorf("snapshot: migrations of source %s are applied and not at hand: name them with --add-source, "+out, strings.Join(unknown, ", "))
	}
	var pending []string
	for _, s := range c.status {
		switch s.State {
		case migrate.StateUnknown, migrate.StateMissing:
			return nil, fmt.Errorf("snapshot: %s is applied and its file is not here: take the module's version that has it, "+out, s.Migration)
		case migrate.StatePartial:
			return nil, fmt.Errorf("snapshot: %s ended between its statements: finish it first", s.Migration)
		case migrate.StateEdited:
			notes = append(notes, fmt.Sprintf("%s was edited after it was applied: the snapshot has what it does now", s.Migration))
		case migrate.StatePending:
			pending = append(pending, s.Migration.String())
		default: // applied
		}
	}
	if len(pending) > 0 {
		notes = append(notes, "pending, so not in the snapshot: "+strings.Join(pending, ", "))
	}
	return notes, nil
}

// shortened lists the first of many.
func shortened(lines []string) string {
	const most = 3
	if len(lines) <= most {
		return strings.Join(lines, "; ")
	}
	return strings.Join(lines[:most], "; ") + "; …"
}
