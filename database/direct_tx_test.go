package database_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/direct"
	"github.com/schemactl/schemactl/internal/testenv"
)

// valid are connections that database/sql gives to others after the end of a
// transaction's context.
type valid struct{ driver.Connector }

type validConn struct{ *stdlib.Conn }

func (v valid) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := v.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return validConn{conn.(*stdlib.Conn)}, nil
}

func (validConn) IsValid() bool { return true }

func TestBeginDirectOfAnother(t *testing.T) {
	t.Parallel()
	cfg, err := pgx.ParseConfig(testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	others := sql.OpenDB(valid{stdlib.GetConnector(*cfg)})
	t.Cleanup(func() { _ = others.Close() })
	sqlite, err := open(t, testenv.SQLite(t)).DB()
	if err != nil {
		t.Fatal(err)
	}
	for name, pool := range map[string]*sql.DB{"of connections that are not pgx's": others, "of SQLite": sqlite} {
		pool.SetMaxOpenConns(1)
		for range 2 {
			if _, err := direct.Begin(t.Context(), pool, nil); !errors.Is(err, database.ErrNotDirect) {
				t.Errorf("%s: error %v, want %v", name, err, database.ErrNotDirect)
			}
		}
		if err := pool.PingContext(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBeginDirectRefused(t *testing.T) {
	t.Parallel()
	pool, err := open(t, testenv.Postgres(t)).DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	if _, err := direct.Begin(t.Context(), pool, &sql.TxOptions{Isolation: sql.LevelLinearizable}); err == nil {
		t.Error("an isolation that the driver does not know")
	}
	if n := pool.Stats().InUse; n != 0 {
		t.Errorf("%d connections in use after a refused BEGIN", n)
	}
}
