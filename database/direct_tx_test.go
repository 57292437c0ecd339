package database_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

// valid are connections that database/sql does not drop when the context of their
// transaction ends.
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

// TestDirectTxGivenUp: a transaction that nobody ends gives its connection back with the
// end of its context.
func TestDirectTxGivenUp(t *testing.T) {
	t.Parallel()
	cfg, err := pgx.ParseConfig(testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	pool := sql.OpenDB(valid{stdlib.GetConnector(*cfg)})
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	if !database.IsDirect(pool) {
		t.Error("the pool of another's connections is pgx's as well")
	}
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := database.BeginDirect(ctx, pool, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tx.CanCommitAfter() {
		t.Error("CommitAfter of a connection that is not pgx's")
	}
	cancel()
	bounded, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := pool.PingContext(bounded); err != nil {
		t.Errorf("the connection did not come back: %v", err)
	}
	if err := tx.Commit(); err == nil {
		t.Error("a transaction whose context has ended commits")
	}
}

func TestBeginDirectRefused(t *testing.T) {
	t.Parallel()
	pool, err := open(t, testenv.Postgres(t)).DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	if _, err := database.BeginDirect(t.Context(), pool, &sql.TxOptions{Isolation: sql.LevelLinearizable}); err == nil {
		t.Error("an isolation that the driver does not know")
	}
	if n := pool.Stats().InUse; n != 0 {
		t.Errorf("%d connections in use after a refused BEGIN", n)
	}
}
