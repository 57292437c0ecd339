package database

import (
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Names of the dialects, as GORM's dialectors give them.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
	MySQL    = "mysql" // and MariaDB
)

// target is a parsed URL: the dialect and what its driver wants to be given.
type target struct {
	dialect string
	dsn     string
}

// parse understands sqlite:FILE, postgres://… and mysql://…, the latter as a
// URL or as the Go driver's own form after the scheme.
func parse(raw string) (target, error) {
	scheme, rest, ok := strings.Cut(raw, ":")
	if raw == "" || !ok {
		return target{}, fmt.Errorf("%w: %q is none: want sqlite:FILE, postgres://… or mysql://…", ErrURL, Redact(raw))
	}
	switch scheme {
	case SQLite, "sqlite3", "file":
		return parseSQLite(rest)
	case Postgres, "postgresql":
		return parsePostgres(raw)
	case MySQL, "mariadb":
		return parseMySQL(strings.TrimPrefix(rest, "//"))
	}
	return target{}, fmt.Errorf("%w: unknown scheme %q: want sqlite:FILE, postgres://… or mysql://…", ErrURL, scheme)
}

// parseSQLite forces what several processes on one file need: write-ahead
// logging, a busy timeout, and BEGIN IMMEDIATE. With the driver's deferred BEGIN
// 350 of 400 read-then-write transactions failed with SQLITE_BUSY, with this none.
func parseSQLite(rest string) (target, error) {
	file, query, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	if file == "" {
		return target{}, fmt.Errorf("%w: sqlite: has no file after it", ErrURL)
	}
	if file == ":memory:" {
		return target{}, fmt.Errorf("%w: sqlite::memory: is private to one connection; name a file", ErrURL)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return target{}, fmt.Errorf("%w: the part after ? of sqlite:%s: %w", ErrURL, file, err)
	}
	values.Set("_txlock", "immediate")
	pragmas := values["_pragma"]
	reads := values.Get("mode") == "ro" || values.Get("immutable") == "1" // and then nothing can be changed
	for _, p := range []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)",
		// A commit is on the disk before it is answered, else a power cut takes a
		// transaction whose events the relay has published. The second is macOS's.
		"synchronous(FULL)", "fullfsync(1)",
	} {
		name, _, _ := strings.Cut(p, "(")
		if reads && name == "journal_mode" {
			continue
		}
		if !slices.ContainsFunc(pragmas, func(have string) bool { return strings.HasPrefix(have, name) }) {
			pragmas = append(pragmas, p)
		}
	}
	values["_pragma"] = pragmas
	return target{dialect: SQLite, dsn: "file:" + escapePath(file) + "?" + values.Encode()}, nil
}

// escapePath keeps a file name with # or % one file name inside a file: URI.
func escapePath(file string) string {
	return strings.NewReplacer("%", "%25", "#", "%23").Replace(file)
}

func parsePostgres(raw string) (target, error) {
	if _, err := pgxpool.ParseConfig(raw); err != nil {
		return target{}, fmt.Errorf("%w: %s is not usable: %s", ErrURL, Redact(raw), WithoutSecret(err.Error(), raw))
	}
	return target{dialect: Postgres, dsn: raw}, nil
}

func parseMySQL(rest string) (target, error) {
	cfg, err := mysqlConfig(rest)
	if err != nil {
		return target{}, err
	}
	if cfg.DBName == "" {
		return target{}, fmt.Errorf("%w: mysql URL for %s names no database: want mysql://user:pass@host:port/db", ErrURL, cfg.Addr)
	}
	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.MultiStatements = false
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["autocommit"] = "1" // without, what is written or read stays in a transaction that nobody ends
	return target{dialect: MySQL, dsn: cfg.FormatDSN()}, nil
}

// openMySQL makes a pool whose driver prints nothing of its own: what it has to
// say comes back as an error, too.
func openMySQL(dsn string) (*sql.DB, *mysql.Config, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, nil, err
	}
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, nil, err
	}
	return sql.OpenDB(connector), cfg, nil
}

// driverForm finds the address in brackets, just before the database's name. A
// password may have brackets too.
var driverForm = regexp.MustCompile(`(?:^|@)\w*\([^()]*\)/`)

// mysqlConfig reads user:pass@host:port/db, or the driver's own form, in which
// the address stands in brackets.
func mysqlConfig(rest string) (*mysql.Config, error) {
	raw := "mysql://" + rest
	if driverForm.MatchString(rest) {
		cfg, err := mysql.ParseDSN(rest)
		if err != nil {
			return nil, fmt.Errorf("%w: %s is not usable: %s", ErrURL, Redact(raw), WithoutSecret(err.Error(), raw))
		}
		return cfg, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not usable: want mysql://user:pass@host:port/db, with special characters in the password escaped", ErrURL, Redact(raw))
	}
	cfg := mysql.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.Net = "tcp"
	cfg.Addr = u.Host
	if u.Port() == "" {
		cfg.Addr = u.Host + ":3306"
	}
	cfg.DBName = strings.TrimPrefix(u.Path, "/")
	query := u.Query()
	if len(query) == 0 {
		return cfg, nil
	}
	// The driver's own parser knows its parameters: hand them over in its form.
	pairs := make([]string, 0, len(query))
	for _, name := range slices.Sorted(maps.Keys(query)) {
		// The driver does not take an escaped comma, and charset has one.
		pairs = append(pairs, name+"="+strings.ReplaceAll(url.QueryEscape(query.Get(name)), "%2C", ","))
	}
	dsn, separator := cfg.FormatDSN(), "?"
	if strings.Contains(dsn[strings.LastIndex(dsn, "/"):], "?") { // a password may have one too
		separator = "&"
	}
	withParams, err := mysql.ParseDSN(dsn + separator + strings.Join(pairs, "&"))
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not usable: %s", ErrURL, Redact(raw), WithoutSecret(err.Error(), raw))
	}
	return withParams, nil
}
