package migrate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Shared is the name of the source that keeps goose's default table,
// goose_db_version. Other sources use goose_db_version_<name>.
const Shared = "shared"

// dialects are the names of the folders that a source may have.
var dialects = [...]string{"mysql", "postgres", "sqlite"}

// Source is a named set of migrations. Make one with [NewSource].
type Source struct {
	name string
	fsys fs.FS
	goes []*goose.Migration
}

// SourceOption adds to a source.
type SourceOption func(*Source)

// WithGoMigrations adds migrations written in Go, made by
// [goose.NewGoMigration]. One with a transaction runs inside it, together with
// the rows that record it. One without runs on the pool, beside the session that
// holds the lock, and is recorded afterwards: it should bear being run again
// after a crash. goose's global registry is not looked at.
//
// On MySQL and MariaDB data definition commits on its way, in a transaction too:
// of a migration that fails after it something stays, it is not recorded, and the
// next run begins it again. It should bear that (IF NOT EXISTS), or be an SQL
// file, whose statements are recorded one by one.
//
// A panic is a [*PanicError]; the stack goes to the log, too.
func WithGoMigrations(migrations ...*goose.Migration) SourceOption {
	return func(s *Source) { s.goes = append(s.goes, migrations...) }
}

// NewSource names a file system of migrations. The name ([a-z0-9_], at most 40)
// is part of each migration's identity and must never change. fsys has a folder
// for each dialect (sqlite, postgres, mysql), or is flat; nil is a source of Go
// migrations alone. What is wrong with a source is reported by [New].
func NewSource(name string, fsys fs.FS, opts ...SourceOption) Source {
	s := Source{name: name, fsys: fsys}
	for _, o := range opts {
		o(&s)
	}
	return s
}

// Name is the source's name.
func (s Source) Name() string { return s.name }

var validSource = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// source is a Source opened for one dialect.
type source struct {
	name    string
	order   int // position among the sources
	table   string
	fsys    fs.FS // of the dialect; nil when there are no files
	goes    []*goose.Migration
	files   []*file // by version
	byKey   map[int64]*file
	dialect string
}

// file is a migration that a source has.
type file struct {
	Migration
	src *source
	// goRun is set when the migration is written in Go.
	goRun *goose.Migration
}

// openSources checks all sources and lists their files. It reads names only.
func openSources(list []Source, dialect string) ([]*source, error) {
	var problems []string
	seen := map[string]bool{}
	out := make([]*source, 0, len(list))
	for i, s := range list {
		if !validSource.MatchString(s.name) {
			problems = append(problems, fmt.Sprintf("source name %q: use 1 to 40 of a-z, 0-9 and _", s.name))
			continue
		}
		if seen[s.name] {
			problems = append(problems, fmt.Sprintf("source %s is given twice: each source needs a name of its own", s.name))
			continue
		}
		seen[s.name] = true
		opened := &source{
			name: s.name, order: i, table: versionTable(s.name), goes: s.goes,
			byKey: map[int64]*file{}, dialect: dialect,
		}
		problems = append(problems, opened.open(s.fsys)...)
		out = append(out, opened)
	}
	if len(problems) > 0 {
		return nil, &SourceError{Problems: problems}
	}
	return out, nil
}

func versionTable(source string) string {
	if source == Shared {
		return goose.DefaultTablename
	}
	return goose.DefaultTablename + "_" + source
}

// open lists the files and adds the Go migrations.
func (s *source) open(fsys fs.FS) (problems []string) {
	var names []string
	if fsys != nil {
		sub, err := dialectFolder(fsys, s.dialect)
		if err != nil {
			return []string{fmt.Sprintf("source %s: %v", s.name, err)}
		}
		if names, err = list(sub); err != nil {
			return []string{fmt.Sprintf("source %s: %v", s.name, err)}
		}
		s.fsys = sub
	}
	goFiles := map[int64]string{}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		switch {
		case path.Ext(name) == ".go" && err != nil:
			continue // a helper beside Go migrations
		case err != nil:
			problems = append(problems, fmt.Sprintf("source %s: %s: a migration's file name is "+
				"<version>_<verb_noun>.sql with a version above zero", s.name, name))
		case path.Ext(name) == ".go":
			goFiles[version] = name
		default:
			problems = append(problems, s.add(&file{Migration: Migration{Version: version, Name: nameOf(name), File: name}})...)
		}
	}
	problems = append(problems, s.addGo(goFiles)...)
	slices.SortFunc(s.files, func(a, b *file) int { return cmp.Compare(a.Version, b.Version) })
	return problems
}

// addGo adds the migrations written in Go. files are the .go files in the
// folder, each of which must have been handed over as a migration too.
func (s *source) addGo(files map[int64]string) (problems []string) {
	for i, m := range s.goes {
		if m == nil || m.Type != goose.TypeGo || m.Version < 1 {
			problems = append(problems, fmt.Sprintf("source %s: Go migration number %d is none, or has no version "+
				"above zero: make it by goose.NewGoMigration", s.name, i+1))
			continue
		}
		name := files[m.Version]
		delete(files, m.Version)
		f := &file{Migration: Migration{Version: m.Version, Name: "go_migration", File: name}, goRun: m}
		if name != "" {
			f.Name = nameOf(name)
		}
		problems = append(problems, s.add(f)...)
	}
	for _, name := range files {
		problems = append(problems, fmt.Sprintf("source %s: %s: a Go file does nothing by itself: "+
			"hand its migration over by WithGoMigrations", s.name, name))
	}
	slices.Sort(problems)
	return problems
}

func (s *source) add(f *file) (problems []string) {
	f.Source, f.src = s.name, s
	if other, ok := s.byKey[f.Version]; ok {
		return []string{fmt.Sprintf("source %s: version %d is used twice, by %s and %s: renumber the one that is "+
			"not applied anywhere yet", s.name, f.Version, other.label(), f.label())}
	}
	s.byKey[f.Version] = f
	s.files = append(s.files, f)
	return nil
}

// label names the file inside its source.
func (f *file) label() string {
	if f.File == "" {
		return strconv.FormatInt(f.Version, 10) + " (Go)"
	}
	return f.File
}

// checksum is the SHA-256 of the file's text with Unix line ends, so that a
// checkout on another system is no edit. Go migrations have none.
func (f *file) checksum() (string, error) {
	if f.goRun != nil {
		return "", nil
	}
	text, err := f.text()
	if err != nil {
		return "", err
	}
	return checksum(text), nil
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// text is the file with Unix line ends.
func (f *file) text() (string, error) {
	data, err := fs.ReadFile(f.src.fsys, f.File)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", f.Migration, err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n"), nil
}

// dialectFolder is the dialect's folder of fsys, or fsys itself when it has
// folders for no dialect at all.
func dialectFolder(fsys fs.FS, dialect string) (fs.FS, error) {
	var have []string
	for _, d := range dialects {
		info, err := fs.Stat(fsys, d)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil && info.IsDir() {
			have = append(have, d)
		}
	}
	if slices.Contains(have, dialect) {
		return fs.Sub(fsys, dialect)
	}
	flat, err := list(fsys)
	if err != nil {
		return nil, err
	}
	if len(have) > 0 && len(flat) == 0 {
		return nil, fmt.Errorf("there is no folder for %s, only for %s", dialect, strings.Join(have, ", "))
	}
	return fsys, nil
}

// list gives the names of the migration files in fsys.
func list(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		ext := path.Ext(name)
		switch {
		case e.IsDir() && ext == ".sql":
			return nil, fmt.Errorf("%s is a folder: a migration is a file", name)
		case ext != ".sql" && strings.EqualFold(ext, ".sql"):
			return nil, fmt.Errorf("%s: a migration's file name ends in .sql, in small letters", name)
		case e.IsDir(), ext != ".sql" && ext != ".go", strings.HasSuffix(name, "_test.go"):
			continue
		}
		names = append(names, name)
	}
	return names, nil
}
