package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Open connects to the database that url names and checks that it answers.
// The forms are sqlite:FILE (made when missing, its folder is not),
// postgres://user:pass@host:port/db?… and mysql://user:pass@host:port/db?… for
// MySQL and MariaDB; the Go driver's DSN after mysql:// is taken too.
//
// The settings are those that survive a schema that changes under a running
// application: QueryFields, so that a dropped column is an error and not a zero
// value, and no prepared statements kept by GORM, because an added column made
// every read fail with them on PostgreSQL. Times are UTC. Close the result with
// [Close].
func Open(ctx context.Context, url string, opts ...Option) (*gorm.DB, error) {
	cfg := config{maxOpen: 16, dial: 10 * time.Second}
	for _, o := range opts {
		if err := o.apply(&cfg); err != nil {
			return nil, err
		}
	}
	t, err := parse(url)
	if err != nil {
		return nil, err
	}
	if err := checkFile(t, url, cfg); err != nil {
		return nil, err
	}
	dialCtx, cancel := context.WithTimeout(ctx, cfg.dial)
	defer cancel()
	dialector, err := t.dialector(dialCtx)
	if err != nil {
		return nil, unreachable(ctx, t.dialect, url, err)
	}
	db, err := gorm.Open(dialector, &gorm.Config{
		QueryFields:          true,
		DisableAutomaticPing: true,
		NowFunc:              func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) },
		Logger:               cfg.gormLogger(),
	})
	if err != nil {
		return nil, errors.Join(unreachable(ctx, t.dialect, url, err), closeConn(dialector))
	}
	pool, err := db.DB()
	if err != nil {
		return nil, unreachable(ctx, t.dialect, url, err)
	}
	pool.SetMaxOpenConns(cfg.maxOpen)
	pool.SetMaxIdleConns(cfg.maxOpen)
	if err := pool.PingContext(dialCtx); err != nil {
		return nil, errors.Join(unreachable(ctx, t.dialect, url, err), pool.Close())
	}
	return db, nil
}

// Close closes the connections of a database that Open opened.
func Close(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return pool.Close()
}

func (t target) dialector(ctx context.Context) (gorm.Dialector, error) {
	switch t.dialect {
	case Postgres:
		return postgres.New(postgres.Config{DSN: t.dsn}), nil
	case MySQL:
		pool, cfg, err := openMySQL(t.dsn)
		if err != nil {
			return nil, err
		}
		// The version query at opening is skipped: it would connect before the
		// pool is bounded, and nothing here depends on the server's version.
		return mysql.New(mysql.Config{Conn: pool, DSNConfig: cfg, DefaultStringSize: 255, SkipInitializeWithVersion: true}), nil
	default:
		pool, err := openSQLite(ctx, t.dsn)
		if err != nil {
			return nil, err
		}
		return sqlite.New(sqlite.Config{Conn: pool}), nil
	}
}

// checkFile tells a missing folder from a broken file: SQLite's own answer is
// "unable to open database file" for both.
func checkFile(t target, url string, cfg config) error {
	if t.dialect != SQLite {
		return nil
	}
	_, file, _ := strings.Cut(url, ":")
	file, _, _ = strings.Cut(strings.TrimPrefix(file, "//"), "?")
	dir := filepath.Dir(file)
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("open %s: folder %s does not exist: make it, or name another file", url, dir)
	}
	if !info.IsDir() {
		return fmt.Errorf("open %s: %s is not a folder", url, dir)
	}
	info, err = os.Stat(file)
	if err == nil && info.IsDir() {
		return fmt.Errorf("open %s: %s is a folder, not a database file", url, file)
	}
	if err != nil && cfg.mustExist {
		return fmt.Errorf("database file %s is not there", file)
	}
	return nil
}

// unreachable names the database and hides its password. Of one who has given up
// a driver may say that its connection is bad.
func unreachable(ctx context.Context, dialect, url string, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("open database %s: %w", Redact(url), ctx.Err())
	}
	reason, way := diagnose(dialect, err)
	return &OpenError{URL: Redact(url), Reason: WithoutSecret(reason, url), Way: way, cause: err}
}

// oneLine joins the different lines of a driver's error: pgx writes one for each
// address that it tried, and with TLS preferred each twice.
func oneLine(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "; "), ":; ", ": ")
}

// OpenError says that a database could not be reached or refused the login.
type OpenError struct {
	URL    string // without the password
	Reason string // what the driver said
	Way    string // what to look at
	cause  error
}

// Error names the database and what to check.
func (e *OpenError) Error() string {
	return fmt.Sprintf("cannot open database %s: %s (%s)", e.URL, e.Reason, e.Way)
}

// Unwrap gives the driver's error.
func (e *OpenError) Unwrap() error { return e.cause }

func (c config) gormLogger() logger.Interface {
	if c.logger == nil {
		return logger.Discard
	}
	return logger.NewSlogLogger(c.logger, logger.Config{LogLevel: logger.Error, IgnoreRecordNotFoundError: true, ParameterizedQueries: true})
}
