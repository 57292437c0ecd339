package server

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
)

// findPostgres looks for initdb and postgres side by side: first where PATH
// leads, then where Debian keeps them, newest version first.
func findPostgres() (finder, error) {
	var dirs []string
	if initdb := program("initdb"); initdb != "" {
		dirs = append(dirs, filepath.Dir(resolve(initdb)))
	}
	debian, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(debian, func(a, b string) int { return majorOf(b) - majorOf(a) })
	for _, dir := range append(dirs, debian...) {
		if executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres")) {
			return func(data string, ports []int) (recipe, error) { return postgresRecipe(dir, data, ports[0]), nil }, nil
		}
	}
	return nil, &UnavailableError{
		Part: Postgres, Reason: "initdb and postgres are neither in PATH nor under /usr/lib/postgresql", Hint: "install the package postgresql",
	}
}

// postgresRecipe turns fsync off: what these tests ask is right after kill -9 of
// a process, not after a power cut.
func postgresRecipe(bin, dir string, port int) recipe {
	data := filepath.Join(dir, "data")
	url := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
	return recipe{
		from: bin, user: "postgres", value: url, signal: "QUIT",
		prepare: []string{filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"},
		serve: []string{
			filepath.Join(bin, "postgres"), "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprint("port=", port),
			"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "wal_level=logical",
			"-c", "max_connections=300", "-c", "timezone=UTC",
		},
		probe: sameFolder(url, "SHOW data_directory", data),
	}
}

// Replica starts a hot standby of a PostgreSQL server that [Start] has started,
// as a server of its own. It streams for as long as the primary runs.
func Replica(ctx context.Context, primary *Server) (*Server, error) {
	from, err := url.Parse(primary.Value)
	if err != nil {
		return nil, &StartError{Part: Postgres, cause: err}
	}
	return attempt(ctx, Postgres, func(dir string, ports []int) (recipe, error) {
		r := postgresRecipe(primary.From, dir, ports[0])
		r.prepare = []string{
			filepath.Join(primary.From, "pg_basebackup"), "-h", from.Hostname(), "-p", from.Port(), "-U", from.User.Username(),
			"-D", filepath.Join(dir, "data"), "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
		}
		return r, nil
	})
}

// majorOf reads the version out of /usr/lib/postgresql/15/bin; 0 when there is none.
func majorOf(bin string) int {
	var major int
	if _, err := fmt.Sscanf(filepath.Base(filepath.Dir(bin)), "%d", &major); err != nil {
		return 0
	}
	return major
}
