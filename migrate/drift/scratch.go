package drift

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/migrate"
)

// cleanUp bounds how long taking a scratch away may last, also after ^C.
const cleanUp = 30 * time.Second

// place is where scratch databases are made.
type place struct {
	live    *gorm.DB
	liveURL string
	url     string // of an empty database to be used instead; may be ""
	sources []migrate.Source
}

// with makes an empty scratch database, runs fn on it and takes it away, also
// when fn fails or the context has ended. What a process that is killed leaves
// (a database, schema, or folder in the temporary folder named
// schemactl_scratch_…) is removed by the next one that makes a scratch there.
func (p *place) with(ctx context.Context, fn func(db *gorm.DB, url string) error) (err error) {
	url, remove, err := p.make(ctx)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
		if rerr := remove(ctx); rerr != nil {
			err = errors.Join(err, fmt.Errorf("take the scratch database away: %w", rerr))
		}
	}()
	db, err := database.Open(ctx, url, database.WithMaxOpenConns(4))
	if err != nil {
		return fmt.Errorf("open the scratch database: %w", err)
	}
	defer func() { err = errors.Join(err, database.Close(db)) }()
	return fn(db, url)
}

type remover func(context.Context) error

func (p *place) make(ctx context.Context) (url string, remove remover, err error) {
	if p.url != "" {
		return p.given(ctx)
	}
	switch p.live.Name() {
	case database.Postgres:
		return p.makePostgres(ctx)
	case database.MySQL:
		return p.makeMySQL(ctx)
	default:
		dir, remove, err := scratchFolder()
		if err != nil {
			return "", nil, err
		}
		return "sqlite:" + filepath.Join(dir, "scratch.db"), func(context.Context) error { return remove() }, nil
	}
}

// makePostgres prefers a database: there, names qualified with the schema and
// extensions stay inside it. Without that right it is a schema.
func (p *place) makePostgres(ctx context.Context) (_ string, _ remover, err error) {
	var live postgresLive
	if err := p.live.WithContext(ctx).Raw(postgresLiveQuery).Scan(&live).Error; err != nil {
		return "", nil, fmt.Errorf("read the settings of the database: %w", err)
	}
	if live.Schema == "" {
		return "", nil, fmt.Errorf("no schema of the search path %s exists", live.Path)
	}
	p.tidyPostgres(ctx, originOf(live.Database))
	name, lock, err := p.claim(ctx, originOf(live.Database))
	if err != nil {
		return "", nil, err
	}
	defer func() { err = p.unlockUnless(ctx, lock, err) }()
	create := fmt.Sprintf("CREATE DATABASE %s TEMPLATE template0 ENCODING %s LC_COLLATE %s LC_CTYPE %s",
		name, literal(live.Encoding), literal(live.Collate), literal(live.Ctype))
	err = p.create(ctx, create)
	if err == nil {
		remove := p.remover("DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", lock)
		url := withSearchPath(withDatabase(p.liveURL, name), live.Path)
		if live.Schema != "public" {
			if err = schemaIn(ctx, url, live.Schema); err != nil {
				return "", nil, errors.Join(err, p.removeNow(ctx, remove))
			}
		}
		return url, remove, nil
	}
	if !lacksRight(err) {
		return "", nil, fmt.Errorf("make a scratch database: %w", err)
	}
	if err := refuseQualified(p.sources, database.Postgres, live.Schema); err != nil {
		return "", nil, err
	}
	if err := p.create(ctx, "CREATE SCHEMA "+name); err != nil {
		if lacksRight(err) {
			err = &RightError{User: live.Who, Right: "CREATEDB, and CREATE on database " + live.Database, cause: err}
		}
		return "", nil, err
	}
	return withSearchPath(p.liveURL, name), p.remover("DROP SCHEMA IF EXISTS "+name+" CASCADE", lock), nil
}

// makeFor bounds the making of a scratch, which copies a few MB at most.
const makeFor = time.Minute

// create runs the statement that makes a scratch, to its end also when ctx is ended:
// the server might finish it all the same, and nobody would take it away.
func (p *place) create(ctx context.Context, statement string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makeFor)
	defer cancel()
	return p.exec(ctx, statement)
}

// postgresLive is what a scratch has to have of the live database.
type postgresLive struct{ Database, Encoding, Collate, Ctype, Schema, Path, Who string }

const postgresLiveQuery = `SELECT datname AS database, pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype,
	coalesce(current_schema(), '') AS schema, current_setting('search_path') AS path, current_user AS who
	FROM pg_database WHERE datname = current_database()`

// tidyPostgres removes what killed processes of this user left. A database in
// which a statement of theirs still runs is not dropped by the server.
func (p *place) tidyPostgres(ctx context.Context, origin string) {
	databases, err := p.names(ctx, `SELECT datname FROM pg_database d WHERE datname LIKE 'schemactl\_scratch\_%' AND pg_get_userbyid(datdba) = current_user
		AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)`)
	if err == nil {
		p.tidyUp(ctx, origin, databases, func(ctx context.Context, name string) error { return p.exec(ctx, "DROP DATABASE IF EXISTS "+name) })
	}
	schemas, err := p.names(ctx, `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'schemactl\_scratch\_%' AND pg_get_userbyid(nspowner) = current_user`)
	if err == nil {
		p.tidyUp(ctx, origin, schemas, func(ctx context.Context, name string) error {
			return p.exec(ctx, "DROP SCHEMA IF EXISTS "+name+" CASCADE")
		})
	}
}

func (p *place) names(ctx context.Context, query string) ([]string, error) {
	var out []string
	err := p.live.WithContext(ctx).Raw(query).Scan(&out).Error
	return out, err
}

// remover drops a scratch and then lets go of its lock.
func (p *place) remover(drop string, lock *dblock.Lock) remover {
	return func(ctx context.Context) error { return errors.Join(p.exec(ctx, drop), unlock(ctx, lock)) }
}

// unlockUnless lets go of the lock when no scratch was made.
func (p *place) unlockUnless(ctx context.Context, lock *dblock.Lock, err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(err, p.removeNow(ctx, func(ctx context.Context) error { return unlock(ctx, lock) }))
}

// schemaIn makes a schema in the database that url names.
func schemaIn(ctx context.Context, url, schema string) error {
	db, err := database.Open(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(db.WithContext(ctx).Exec("CREATE SCHEMA "+pgQuote(schema)).Error, database.Close(db))
}

func (p *place) makeMySQL(ctx context.Context) (string, remover, error) {
	var live struct{ Name, Charset, Collation, Who string }
	const query = "SELECT DATABASE() AS name, @@character_set_database AS charset, @@collation_database AS collation, CURRENT_USER() AS who"
	if err := p.live.WithContext(ctx).Raw(query).Scan(&live).Error; err != nil {
		return "", nil, fmt.Errorf("read the settings of the database: %w", err)
	}
	if err := refuseQualified(p.sources, database.MySQL, live.Name); err != nil {
		return "", nil, err
	}
	names, err := p.names(ctx, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'schemactl\\_scratch\\_%'")
	if err == nil {
		p.tidyUp(ctx, originOf(live.Name), names, func(ctx context.Context, name string) error { return p.exec(ctx, "DROP DATABASE IF EXISTS "+name) })
	}
	name, lock, err := p.claim(ctx, originOf(live.Name))
	if err != nil {
		return "", nil, err
	}
	if err := p.create(ctx, fmt.Sprintf("CREATE DATABASE %s CHARACTER SET %s COLLATE %s", name, live.Charset, live.Collation)); err != nil {
		if lacksRight(err) {
			err = &RightError{User: live.Who, Right: "CREATE DATABASE (ALL on `schemactl\\_scratch\\_%`.* is enough)", cause: err}
		}
		return "", nil, p.unlockUnless(ctx, lock, err)
	}
	return withDatabase(p.liveURL, name), p.remover("DROP DATABASE IF EXISTS "+name, lock), nil
}

func (p *place) removeNow(ctx context.Context, remove remover) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	return remove(ctx)
}

// exec runs a statement on the live server; none of them touches the live schema.
func (p *place) exec(ctx context.Context, statement string) error {
	return p.live.WithContext(ctx).Exec(statement).Error
}

// lacksRight knows 42501 of PostgreSQL and 1044, 1045, 1142, 1227 of MySQL, by
// the driver's text, as only package database links drivers.
func lacksRight(err error) bool {
	coded, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if ok {
		return coded.SQLState() == "42501"
	}
	for _, code := range []string{"Error 1044 ", "Error 1045 ", "Error 1142 ", "Error 1227 "} {
		if err != nil && strings.Contains(err.Error(), code) {
			return true
		}
	}
	return false
}

// literal writes a string of SQL. It is for names of encodings and the like.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
