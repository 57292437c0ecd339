package server

import (
	"fmt"
	"path/filepath"
)

func findMariaDB() (finder, error) {
	daemon, install := program("mariadbd"), program("mariadb-install-db")
	if daemon == "" || install == "" {
		return nil, &UnavailableError{
			Part: MariaDB, Reason: "mariadbd and mariadb-install-db are not both in PATH or /usr/sbin", Hint: "install the package mariadb-server",
		}
	}
	return func(dir string, ports []int) (recipe, error) {
		return mariadbRecipe(daemon, install, dir, ports[0]), nil
	}, nil
}

// mariadbRecipe trades safety in a power cut for speed, as postgresRecipe does.
func mariadbRecipe(daemon, install, dir string, port int) recipe {
	data := filepath.Join(dir, "data")
	url := fmt.Sprintf("mysql://root@127.0.0.1:%d/mysql", port)
	return recipe{
		from: daemon, user: "mysql", value: url, signal: "TERM",
		prepare: []string{
			install, "--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
		},
		serve: []string{
			daemon, "--no-defaults", "--datadir=" + data, "--socket=" + filepath.Join(dir, "s"), "--pid-file=" + filepath.Join(dir, "pid"),
			"--bind-address=127.0.0.1", fmt.Sprint("--port=", port), "--skip-name-resolve",
			"--character-set-server=utf8mb4", "--max-connections=400", "--innodb-buffer-pool-size=64M", "--performance-schema=OFF",
			"--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0",
		},
		probe: sameFolder(url, "SELECT @@datadir", data),
	}
}
