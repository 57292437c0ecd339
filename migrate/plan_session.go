package migrate

import (
	"context"
	"fmt"
	"strings"

	"github.com/schemactl/schemactl/internal/dblock"
)

// askSession finds out what a script has to set so that its statements mean what
// they mean in an up: how its text is encoded, and what the sessions of this
// database's pool have and those of a client may not.
func (p *scriptPrinter) askSession(ctx context.Context) error {
	switch p.name {
	case "postgres":
		p.session = []string{"SET client_encoding = 'UTF8'"}
	case "mysql":
		return p.askMySQL(ctx)
	case "sqlite":
		var on int
		if err := p.db.QueryRowContext(ctx, "PRAGMA foreign_keys").Scan(&on); err != nil {
			return err
		}
		p.session = []string{fmt.Sprintf("PRAGMA foreign_keys = %d", on)}
	}
	return nil
}

func (p *scriptPrinter) askMySQL(ctx context.Context) error {
	var database, zone, collation string
	const query = "SELECT DATABASE(), @@SESSION.time_zone, @@SESSION.collation_connection"
	if err := p.db.QueryRowContext(ctx, query).Scan(&database, &zone, &collation); err != nil {
		return err
	}
	p.mysqlLock = dblock.MySQLName(database, lockName)
	names := "SET NAMES utf8mb4"
	if strings.HasPrefix(collation, "utf8mb4_") {
		names += " COLLATE " + collation
	}
	p.session = []string{names, "SET time_zone = " + p.literal(zone), "SET SESSION autocommit = 1"}
	return nil
}
