package server

import (
	"os"
	"os/exec"
)

// bouncerPath is where Debian has PgBouncer, a folder that is not in everybody's
// PATH.
const bouncerPath = "/usr/sbin/pgbouncer"

// Bouncer is the path of PgBouncer, which tests start before a PostgreSQL server;
// an [*UnavailableError] when it is not installed.
func Bouncer() (string, error) {
	if path, err := exec.LookPath("pgbouncer"); err == nil {
		return path, nil
	}
	if _, err := os.Stat(bouncerPath); err == nil {
		return bouncerPath, nil
	}
	return "", &UnavailableError{Part: Postgres, Reason: "pgbouncer is neither in PATH nor " + bouncerPath, Hint: "install the package pgbouncer"}
}

// LookBouncer is the error of [Bouncer].
func LookBouncer() error {
	_, err := Bouncer()
	return err
}
