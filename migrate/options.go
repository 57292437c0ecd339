package migrate

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// Option changes a Migrator. A bad value is an error of [New].
type Option interface{ apply(*config) error }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

type config struct {
	application      string
	moduleVersion    string
	logger           *slog.Logger
	progress         func(Progress)
	lockTimeout      time.Duration
	lockRetries      int
	statementTimeout time.Duration
	waitTimeout      time.Duration
	strict           bool
}

func defaults() config {
	return config{
		application:   binary(),
		moduleVersion: moduleVersion(),
		logger:        slog.New(slog.DiscardHandler),
		progress:      func(Progress) {},
		lockTimeout:   5 * time.Second,
		lockRetries:   3,
	}
}

// WithApplication names the application for the history and for those who wait.
// Default: the main module's path from the build information, or the name of
// the binary.
func WithApplication(name string) Option {
	return optionFunc(func(c *config) error {
		if name == "" {
			return errors.New("migrate.WithApplication: empty name")
		}
		c.application = name
		return nil
	})
}

// WithModuleVersion is the version of the module that carries the migrations,
// for the history. Default: the version of this module in the build
// information, which is empty in a build from a working tree.
func WithModuleVersion(version string) Option {
	return optionFunc(func(c *config) error {
		c.moduleVersion = version
		return nil
	})
}

// WithLogger is told of migrations, retries and edited files. Default: none.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) error {
		if l == nil {
			return errors.New("migrate.WithLogger: nil logger")
		}
		c.logger = l
		return nil
	})
}

// WithProgress hears of each step while it happens, so it must return soon:
// the migrations wait for it. Calls never overlap, and each ends before the next
// begins, so the function needs no lock of its own. All come from the goroutine
// that runs the migrations but those of [PhaseRunning]: that goroutine is then
// waiting for the database, and does not go on before the call has returned.
// Default: none.
func WithProgress(f func(Progress)) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("migrate.WithProgress: nil function")
		}
		c.progress = f
		return nil
	})
}

// WithLockTimeout bounds how long a statement waits for a table's lock, because
// all who use the table queue up behind it while it waits. The file is then
// tried again, see [WithLockRetries]. MySQL counts in whole seconds, rounded up.
// Zero waits for ever. Default: 5 seconds.
func WithLockTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d < 0 {
			return errors.New("migrate.WithLockTimeout: negative duration")
		}
		c.lockTimeout = d
		return nil
	})
}

// WithLockRetries is how often a file (or a single statement, in a file without
// a transaction) is tried again after a lock timeout or a deadlock. What may have
// committed on its way is not: CALL, and what a file does in transactions or
// under table locks of its own. Default: 3.
func WithLockRetries(n int) Option {
	return optionFunc(func(c *config) error {
		if n < 0 {
			return errors.New("migrate.WithLockRetries: negative number")
		}
		c.lockRetries = n
		return nil
	})
}

// WithStatementTimeout bounds each statement on PostgreSQL and MariaDB; MySQL
// and SQLite have no such limit for what migrations do. Default: none.
func WithStatementTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d < 0 {
			return errors.New("migrate.WithStatementTimeout: negative duration")
		}
		c.statementTimeout = d
		return nil
	})
}

// WithWaitTimeout bounds the wait for other processes that migrate; the error
// then matches [ErrLocked] and names the holder. Zero, the default, waits until
// the context is done.
func WithWaitTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d < 0 {
			return errors.New("migrate.WithWaitTimeout: negative duration")
		}
		c.waitTimeout = d
		return nil
	})
}

// WithStrict makes [Migrator.Up] refuse to run, with a [*StrictError], when an
// applied migration is edited, missing or unknown, or a pending one out of
// order. Default: they are findings of the result.
func WithStrict() Option {
	return optionFunc(func(c *config) error {
		c.strict = true
		return nil
	})
}

// binary is the application's name when nobody gives one.
func binary() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" {
		return info.Main.Path
	}
	return filepath.Base(os.Args[0])
}

const modulePath = "github.com/schemactl/schemactl"

func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	version := ""
	if info.Main.Path == modulePath {
		version = info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == modulePath {
			version = dep.Version
		}
	}
	if version == "(devel)" {
		return ""
	}
	return version
}
