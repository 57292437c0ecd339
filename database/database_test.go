package database_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
)

func open(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(db); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestOpenSQLiteSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, "sqlite:"+filepath.Join(dir, "odd #%name.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "busy_timeout": "10000", "foreign_keys": "1"} {
		var got string
		if err := db.WithContext(t.Context()).Raw("PRAGMA " + pragma).Scan(&got).Error; err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s = %q, want %q", pragma, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "odd #%name.db")); err != nil {
		t.Errorf("the file has another name: %v", err)
	}
	if got := db.Name(); got != database.SQLite {
		t.Errorf("dialect = %q", got)
	}
	if !db.QueryFields {
		t.Error("QueryFields is off: a dropped column would read as zero")
	}
}

func TestIsDuplicate(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db")).WithContext(t.Context())
	for _, sql := range []string{"CREATE TABLE a (id integer primary key, name text unique, other text not null)", "INSERT INTO a VALUES (1, 'x', '')"} {
		if err := db.Exec(sql).Error; err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, sql string
		want      bool
	}{
		{"primary key", "INSERT INTO a VALUES (1, 'y', '')", true},
		{"unique index", "INSERT INTO a VALUES (2, 'x', '')", true},
		{"not null", "INSERT INTO a VALUES (3, 'z', NULL)", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := db.Exec(tt.sql).Error
			if err == nil {
				t.Fatal("the statement passed")
			}
			if got := database.IsDuplicate(err); got != tt.want {
				t.Errorf("IsDuplicate(%v) = %t", err, got)
			}
		})
	}
	if database.IsDuplicate(nil) {
		t.Error("IsDuplicate(nil)")
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, url string
		want      []string
		urlError  bool
	}{
		{"empty", "", []string{"sqlite:FILE", "postgres://"}, true},
		{"no scheme", "app.db", []string{`"app.db"`, "sqlite:FILE"}, true},
		{"unknown scheme", "oracle://u:secret@h/d", []string{`"oracle"`}, true},
		{"sqlite without a file", "sqlite:", []string{"no file after"}, true},
		{"sqlite in memory", "sqlite::memory:", []string{"name a file"}, true},
		{"sqlite in a missing folder", "sqlite:" + dir + "/no/app.db", []string{dir + "/no", "make it"}, false},
		{"sqlite on a folder", "sqlite:" + dir, []string{"is a folder"}, false},
		{"postgres down", "postgres://u:secret@" + nobody + "/db", []string{nobody, "cannot open", "refused"}, false},
		{"postgres broken", "postgres://u:secret@h:notaport/db", []string{"xxxxx"}, true},
		{"mysql without a database", "mysql://u:secret@h:1/", []string{"names no database"}, true},
		{"mysql down", "mysql://u:secret@" + nobody + "/db", []string{nobody, "cannot open"}, false},
		{"mysql down, driver's form", "mysql://u:secret@tcp(" + nobody + ")/db", []string{nobody, "cannot open"}, false},
		{"mysql with brackets in the password", "mysql://u:p(secret)x@" + nobody + "/db", []string{nobody, "cannot open", "refused"}, false},
		{"mysql with an open bracket in the password", "mysql://u:p(secret@" + nobody + "/db?charset=utf8mb4", []string{nobody, "cannot open", "refused"}, false},
		{"mysql, driver's form without a user", "mysql://tcp(" + nobody + ")/db", []string{nobody, "cannot open", "refused"}, false},
		{"mysql bad parameter", "mysql://u:secret@h/db?tls=nonsense", []string{"nonsense"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := database.Open(t.Context(), tt.url)
			if err == nil {
				t.Fatal("opened")
			}
			if got := errors.Is(err, database.ErrURL); got != tt.urlError {
				t.Errorf("is ErrURL: %t, want %t: %v", got, tt.urlError, err)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}

// listener collects what the MySQL driver says by itself.
type listener struct{ said atomic.Int64 }

func (l *listener) Print(...any) { l.said.Add(1) }

// The driver's own messages go nowhere: what they say is in the error.
func TestMySQLIsQuiet(t *testing.T) { //nolint:paralleltest // the driver's default logger is the process's
	l := &listener{}
	if err := mysql.SetLogger(l); err != nil {
		t.Fatal(err)
	}
	server, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			_ = c.Close() // in the middle of a greeting
		}
	}()
	if _, err := database.Open(t.Context(), "mysql://u:p@"+server.Addr().String()+"/db"); err == nil {
		t.Error("opened")
	}
	_ = server.Close()
	<-done
	if n := l.said.Load(); n != 0 {
		t.Errorf("the driver said %d things by itself", n)
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"sqlite:a.db":                               "sqlite:a.db",
		"postgres://u:p@h/d":                        "postgres://u:xxxxx@h/d",
		"postgres://u:p@ss@h/d":                     "postgres://u:xxxxx@h/d",
		"postgres://h/d?password=p&a=b":             "postgres://h/d?password=xxxxx&a=b",
		"mysql://u:p@tcp(h:1)/d":                    "mysql://u:xxxxx@tcp(h:1)/d",
		"mysql://u@h/d":                             "mysql://u@h/d",
		"http://user:p@127.0.0.1:8081/sub":          "http://user:xxxxx@127.0.0.1:8081/sub",
		"sqlite:/home/a:b@c/a.db":                   "sqlite:/home/a:b@c/a.db",
		"postgres://h/d?sslpassword=a&password=TOP": "postgres://h/d?sslpassword=xxxxx&password=xxxxx",
		"mysql:app:hunter2@tcp(h)/db":               "mysql:xxxxx@tcp(h)/db",
		"postgres:/app:hunter2@h/db":                "postgres:xxxxx@h/db",
		"host=h user=u password=hunter2":            "host=h user=u password=xxxxx",
		"u:hunter2@tcp(h)/d":                        "u:xxxxx@tcp(h)/d",
		"host=h password='my secret pw' user=u":     "host=h password=xxxxx user=u",
		`host=h password = 'it\'s me' user=u`:       "host=h password = xxxxx user=u",
		`host=h password=my\ pw user=u`:             "host=h password=xxxxx user=u",
		"host=h password='not ended":                "host=h password=xxxxx",
		"mysql://u:p(a)ss@h:1/d":                    "mysql://u:xxxxx@h:1/d",
	}
	for raw, want := range tests {
		if got := database.Redact(raw); got != want {
			t.Errorf("Redact(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestWithoutSecret(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, url, want string }{
		{"the URL itself", "GET postgres://u:hunter2@h/d failed", "postgres://u:hunter2@h/d", "GET postgres://u:xxxxx@h/d failed"},
		{"the password alone", "bad password hunter2", "postgres://u:hunter2@h/d", "bad password xxxxx"},
		{"an escaped password", "bad password p@ss", "postgres://u:p%40ss@h/d", "bad password xxxxx"},
		{"a short password is no word", "failed to connect", "mysql://t:t@h/d", "failed to connect"},
		{"a short password in a URL", "t:t@h", "mysql://t:t@h/d", "t:xxxxx@h"},
		{"no password", "failed", "postgres://h/d", "failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := database.WithoutSecret(tt.text, tt.url); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMustExist(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "typo.db")
	_, err := database.Open(t.Context(), "sqlite:"+file, database.MustExist())
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("Open: %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file was made")
	}
}

// Who gives up while the server is slow to answer hears that, and nothing about
// a server that may be down.
func TestOpenGivenUp(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"postgres", "mysql"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			mute, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, giveUp := context.WithCancel(t.Context())
			opened := make(chan struct{})
			go func() {
				c, err := mute.Accept()
				giveUp()
				if err == nil {
					<-opened // who is not answered gives up, and is not hung up on
					_ = c.Close()
				}
			}()
			_, err = database.Open(ctx, scheme+"://u:secret@"+mute.Addr().String()+"/db")
			close(opened)
			if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "running") || strings.Contains(err.Error(), "secret") {
				t.Errorf("open: %v", err)
			}
			if err := mute.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
