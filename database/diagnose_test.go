package database_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
)

// With real servers: what is wrong with a URL or a login, and the way out.
func TestOpenRefused(t *testing.T) {
	t.Parallel()
	pg, my := testenv.Own(t, server.Postgres), testenv.MariaDB(t)
	keepOut(t, pg)
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database. ", 50)), 0o600); err != nil {
		t.Fatal(err)
	}
	pgAt, myAt, silentAt := address(pg.Value), address(my), silent.Addr().String()
	const login = "u:hunter2hunter@"
	tests := map[string]struct {
		url  string
		want []string
	}{
		"mysql at postgres":          {"mysql://" + login + pgAt + "/db", []string{"no MySQL or MariaDB server has answered", "postgres://"}},
		"postgres at mariadb":        {"postgres://" + login + myAt + "/db", []string{"no PostgreSQL server", "mysql://"}},
		"postgres at mariadb, plain": {"postgres://" + login + myAt + "/db?sslmode=disable", []string{"no PostgreSQL server", "mysql://"}},
		"no such database, postgres": {"postgres://postgres:hunter2hunter@" + pgAt + "/nowhere", []string{`database "nowhere" does not exist`, "make the database"}},
		"no such database, mariadb":  {"mysql://root@" + myAt + "/nowhere", []string{"Unknown database 'nowhere'", "make the database"}},
		"wrong password, postgres":   {"postgres://locked:hunter2hunter@" + pgAt + "/postgres", []string{"28P01", "check the user's name and the password"}},
		"wrong password, mariadb":    {"mysql://" + login + myAt + "/mysql", []string{"Access denied", "check the user's name and the password"}},
		"no such role":               {"postgres://" + login + pgAt + "/postgres?sslmode=prefer", []string{`role "u" does not exist`, "check the user's name"}},
		"TLS wanted by the server":   {"postgres://tls:hunter2hunter@" + pgAt + "/postgres", []string{"pg_hba.conf", "sslmode=require"}},
		"TLS refused, postgres":      {"postgres://" + login + pgAt + "/postgres?sslmode=require", []string{"the server has no TLS"}},
		"TLS refused, mariadb":       {"mysql://" + login + myAt + "/mysql?tls=true", []string{"the server has no TLS"}},
		"no answer, postgres":        {"postgres://" + login + silentAt + "/db", []string{silentAt, "cannot open"}},
		"no answer, mysql":           {"mysql://" + login + silentAt + "/db", []string{silentAt, "cannot open"}},
		"no database":                {"sqlite:" + text, []string{text, "file of another kind"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // much more than the option below
			defer cancel()
			_, err := database.Open(ctx, tt.url, database.WithDialTimeout(time.Second))
			if err == nil || ctx.Err() != nil {
				t.Fatalf("opened, or did not end in time: %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "%!") {
				t.Errorf("the password or more than a line: %q", err)
			}
		})
	}
}

// keepOut makes a server ask role locked for a password and role tls for TLS,
// which it has not.
func keepOut(t *testing.T, s *server.Server) {
	t.Helper()
	db, err := database.Open(t.Context(), s.Value)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = database.Close(db) }()
	var file string
	if err := db.Raw("SHOW hba_file").Scan(&file).Error; err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"CREATE ROLE locked LOGIN PASSWORD 'another'", "CREATE ROLE tls LOGIN",
		"COPY (VALUES ('host all locked 127.0.0.1/32 scram-sha-256'), ('hostssl all tls 127.0.0.1/32 trust'), " +
			"('host all postgres,u 127.0.0.1/32 trust')) TO '" + file + "'",
		"SELECT pg_reload_conf()",
	} {
		if err := db.Exec(text).Error; err != nil {
			t.Fatal(err)
		}
	}
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		db, err := database.Open(t.Context(), "postgres://locked:hunter2hunter@"+address(s.Value)+"/postgres?sslmode=disable")
		if err != nil {
			return // the server has read it
		}
		if err := database.Close(db); err != nil || time.Now().After(limit) {
			t.Fatal("the server lets everyone in", err)
		}
	}
}

// address is a URL's host and port.
func address(url string) string {
	url = url[strings.Index(url, "://")+len("://"):]
	url, _, _ = strings.Cut(url[strings.LastIndex(url, "@")+1:], "/")
	return url
}
