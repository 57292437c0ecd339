package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
)

// marker is the table by which the demo knows its own database again.
const marker = "schemactl_demo"

// tables are all that a run makes, children before parents.
var tables = []string{
	"payments", "messages", "accounts",
	"messaging_effects", "messaging_account_copies", "billing_effects",
	"outbox_events", "outbox_inbox", "outbox_parked", "outbox_shards",
	"goose_db_version", "goose_db_version_outbox", "goose_db_version_messaging", "goose_db_version_billing",
	"schemactl_history", "schemactl_lock", marker,
}

// databaseURL is that of the run: a file of its own where none is given. The demo
// kills processes and no machine, so its commits need not wait for the disk.
func (s *supervisor) databaseURL() string {
	if s.cfg.DatabaseURL != "" {
		return s.cfg.DatabaseURL
	}
	return "sqlite:" + s.file("demo.db") + "?_pragma=synchronous(NORMAL)"
}

// openDatabase opens the database of the run and claims it. One that holds a
// table that the demo did not make is refused: the demo removes its tables at
// the end, and must never meet anybody else's.
func (s *supervisor) openDatabase(ctx context.Context) error {
	s.parts.databaseURL = s.databaseURL()
	s.parts.foreign = true // until it is claimed
	s.parts.newFile = newSQLiteFile(s.cfg.DatabaseURL)
	db, err := database.Open(ctx, s.parts.databaseURL)
	if err != nil {
		return err
	}
	s.parts.db = db
	found, err := listTables(ctx, db)
	if err != nil {
		return err
	}
	if slices.Contains(found, marker) {
		return fmt.Errorf("database %s holds another run of the demo, which was kept, still runs or was killed: give it an empty database", database.Redact(s.parts.databaseURL))
	}
	if len(found) > 0 {
		slices.Sort(found)
		return fmt.Errorf("database %s has tables that the demo did not make (%s): give it an empty database", database.Redact(s.parts.databaseURL), some(found, 5))
	}
	// Of two runs that come here at once one fails to make the table.
	if err := db.WithContext(ctx).Exec("CREATE TABLE " + marker + " (run varchar(40) NOT NULL)").Error; err != nil {
		return fmt.Errorf("claim database %s: %w", database.Redact(s.parts.databaseURL), err)
	}
	s.parts.foreign = false
	if err := db.WithContext(ctx).Exec("INSERT INTO "+marker+" (run) VALUES (?)", s.prefix).Error; err != nil {
		return fmt.Errorf("claim database %s: %w", database.Redact(s.parts.databaseURL), err)
	}
	return nil
}

func listTables(ctx context.Context, db *gorm.DB) ([]string, error) {
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	switch db.Name() {
	case database.SQLite:
		query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	case database.MySQL:
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = database()"
	}
	var found []string
	if err := db.WithContext(ctx).Raw(query).Scan(&found).Error; err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return found, nil
}

// dropTables removes the demo's own tables by name, never what it does not know.
func dropTables(ctx context.Context, db *gorm.DB) error {
	for _, name := range tables {
		if err := db.WithContext(ctx).Exec("DROP TABLE IF EXISTS " + name).Error; err != nil {
			return fmt.Errorf("drop table %s: %w", name, err)
		}
	}
	return nil
}

func (s *supervisor) closeDatabase() error {
	if s.parts.db == nil {
		return nil
	}
	err := database.Close(s.parts.db)
	if s.parts.newFile == "" || s.kept || s.reopened {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".migrate.lock", ".relay.lock"} {
		if removeErr := os.Remove(s.parts.newFile + suffix); !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	return err
}

// newSQLiteFile is the file of an SQLite URL when opening it will make it, else "".
func newSQLiteFile(url string) string {
	file, ok := strings.CutPrefix(url, "sqlite:")
	file, _, _ = strings.Cut(file, "?")
	if _, err := os.Stat(file); !ok || !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return file
}

// some lists the first few of many names.
func some(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
}
