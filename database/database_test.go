package database_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
		{"postgres down", "postgres://u:secret@" + nobody + "/db", []string{nobody, "cannot open"}, false},
		{"postgres broken", "postgres://u:secret@h:notaport/db", []string{"xxxxx"}, true},
		{"mysql without a database", "mysql://u:secret@h:1/", []string{"names no database"}, true},
		{"mysql down", "mysql://u:secret@" + nobody + "/db", []string{nobody, "cannot open"}, false},
		{"mysql down, driver's form", "mysql://u:secret@tcp(" + nobody + ")/db", []string{nobody, "cannot open"}, false},
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

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"sqlite:a.db":                      "sqlite:a.db",
		"postgres://u:p@h/d":               "postgres://u:xxxxx@h/d",
		"postgres://u:p@ss@h/d":            "postgres://u:xxxxx@h/d",
		"postgres://h/d?password=p&a=b":    "postgres://h/d?password=xxxxx&a=b",
		"mysql://u:p@tcp(h:1)/d":           "mysql://u:xxxxx@tcp(h:1)/d",
		"mysql://u@h/d":                    "mysql://u@h/d",
		"http://user:p@127.0.0.1:8081/sub": "http://user:xxxxx@127.0.0.1:8081/sub",
	}
	for raw, want := range tests {
		if got := database.Redact(raw); got != want {
			t.Errorf("Redact(%q) = %q, want %q", raw, got, want)
		}
	}
}
