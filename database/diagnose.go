package database

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// diagnose gives what a driver said of a failed opening, in one line, and what
// to look at.
func diagnose(dialect string, err error) (reason, way string) {
	reason = oneLine(err.Error())
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		// The driver has tried with TLS and without: what the server itself said counts.
		said := slices.DeleteFunc(slices.Collect(strings.Lines(err.Error())), func(line string) bool {
			return strings.Contains(line, "server refused TLS connection")
		})
		return oneLine(strings.Join(said, "")), postgresWay(pg)
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return reason, mysqlWay(my)
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return reason, sqliteWay(lite.Code())
	}
	if dialect == SQLite {
		return reason, "check the file and the rights on it"
	}
	// The driver prints an error that is not there.
	reason = strings.ReplaceAll(reason, "unexpected message: %!w(<nil>)", "an unexpected message")
	return reason, networkWay(dialect, reason, err)
}

func postgresWay(err *pgconn.PgError) string {
	switch err.Code {
	case "3D000":
		return "make the database, or name another one in the URL"
	case "28P01":
		return "check the user's name and the password"
	case "28000":
		if strings.Contains(err.Message, "pg_hba.conf") {
			return "the server's pg_hba.conf keeps this user out; where it asks for TLS, sslmode=require in the URL helps"
		}
		return "check the user's name"
	case "42501":
		return "grant CONNECT on the database to the user"
	case "53300":
		return "all its connections are in use: try again, or raise max_connections"
	case "57P03":
		return "it is starting or stopping: try again in a moment"
	}
	return "the server runs, and refuses: see its log"
}

func mysqlWay(err *mysql.MySQLError) string {
	switch err.Number {
	case 1044:
		return "grant the user rights on the database, or name another one in the URL"
	case 1045, 1698:
		return "check the user's name and the password"
	case 1049:
		return "make the database, or name another one in the URL"
	case 1040, 1203:
		return "all its connections are in use: try again, or raise max_connections"
	}
	if strings.Contains(err.Message, "insecure transport") {
		return "the server asks for TLS: add tls=true to the URL"
	}
	return "the server runs, and refuses: see its log"
}

// sqliteWay knows READONLY (8), CANTOPEN (14) and NOTADB (26) with their variants.
func sqliteWay(code int) string {
	switch code & 0xff {
	case 8:
		return "even to read, SQLite writes to the folder: give this process's user the right to, " +
			"or, if nobody writes to the file, read it as it is by ?immutable=1 in the URL"
	case 14:
		return "check that this process's user may read and write the file and its folder"
	case 26:
		return "it is a file of another kind, or encrypted: name another one"
	}
	return "check the file and the rights on it"
}

// networkWay is for what no server has said.
func networkWay(dialect, reason string, err error) string {
	var timeout net.Error
	switch {
	case errors.As(err, new(*net.DNSError)):
		return "check the host's name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "is it running, and is the port right?"
	case dialect == Postgres && (strings.Contains(reason, "unexpected message") || strings.Contains(reason, "invalid body length")):
		return "what answers there is no PostgreSQL server; for MySQL and MariaDB the URL begins with mysql://"
	case strings.Contains(reason, "server refused TLS connection"), errors.Is(err, mysql.ErrNoTLS):
		return "the server has no TLS: ask for none in the URL, or give the server a certificate"
	case strings.Contains(reason, "x509:"):
		return "the server's certificate is not trusted here"
	case errors.As(err, new(*net.OpError)) && errors.As(err, &timeout) && timeout.Timeout():
		return "is the host right, and does everything on the way let this connection through?"
	case dialect == MySQL && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, mysql.ErrInvalidConn)):
		// The server speaks first in this protocol, and the client in PostgreSQL's.
		return "no MySQL or MariaDB server has answered there; for PostgreSQL the URL begins with postgres://"
	}
	return "is it running, and are name and password right?"
}
