package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pressly/goose/v3"
)

// CreateRequest says which migration to start.
type CreateRequest struct {
	// Dir is the source's folder. It is made when missing.
	Dir string
	// Name says what the migration does: "add_email_to_users". "Add email to
	// users" and "AddEmailToUsers" become the same.
	Name string
	// Dialects are the folders to write to, made when missing: of "postgres",
	// "mysql", "sqlite". Empty means those that Dir has, or Dir itself when it
	// has none.
	Dialects []string
	// Now is the time for the version; zero means the present.
	Now time.Time
}

const template = `-- +goose Up
-- What the migration does: one thing, in statements that each end with a semicolon.

-- +goose Down
-- What takes it back.
`

// Create writes the empty files of a new migration, one for each dialect, all
// with the same version: the UTC time in 14 digits, moved on by seconds while
// the folder has that version. It returns their paths. It never overwrites a
// file, and on failure leaves none behind.
func Create(req CreateRequest) ([]string, error) {
	name, err := snake(req.Name)
	if err != nil {
		return nil, err
	}
	folders, err := createFolders(req)
	if err != nil {
		return nil, fmt.Errorf("create migration: %w", err)
	}
	taken, err := takenVersions(folders)
	if err != nil {
		return nil, fmt.Errorf("create migration: %w", err)
	}
	now := req.Now
	if now.IsZero() {
		now = time.Now()
	}
	version := now.UTC().Format("20060102150405")
	for ; taken[version]; version = now.UTC().Format("20060102150405") {
		now = now.Add(time.Second)
	}
	var paths []string
	for _, dir := range folders {
		path := filepath.Join(dir, version+"_"+name+".sql")
		if err := writeNew(path); err != nil {
			for _, p := range paths {
				err = errors.Join(err, os.Remove(p))
			}
			return nil, fmt.Errorf("create migration: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func createFolders(req CreateRequest) ([]string, error) {
	if req.Dir == "" {
		return nil, errors.New("no folder given")
	}
	var folders []string
	for _, d := range req.Dialects {
		if !slices.Contains(dialects[:], d) {
			return nil, fmt.Errorf("dialect %q is none of postgres, mysql, sqlite", d)
		}
		folders = append(folders, filepath.Join(req.Dir, d))
	}
	if len(folders) == 0 {
		for _, d := range dialects {
			info, err := os.Stat(filepath.Join(req.Dir, d))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			if err == nil && info.IsDir() {
				folders = append(folders, filepath.Join(req.Dir, d))
			}
		}
	}
	if len(folders) == 0 {
		folders = []string{req.Dir}
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	for _, dir := range folders {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	return folders, nil
}

// takenVersions are those that any of the folders has.
func takenVersions(folders []string) (map[string]bool, error) {
	taken := map[string]bool{}
	for _, dir := range folders {
		names, err := list(os.DirFS(dir))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if v, err := goose.NumericComponent(name); err == nil {
				taken[fmt.Sprintf("%014d", v)] = true
			}
		}
	}
	return taken, nil
}

func writeNew(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(template)
	return firstError(err, f.Close())
}

var validMigration = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// snake brings a name into the form verb_noun.
func snake(name string) (string, error) {
	var b strings.Builder
	var last rune
	for _, r := range strings.TrimSuffix(strings.TrimSpace(name), ".sql") {
		switch {
		case r == ' ' || r == '-':
			r = '_'
		case unicode.IsUpper(r) && (unicode.IsLower(last) || unicode.IsDigit(last)):
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	s := b.String()
	if !validMigration.MatchString(s) || len(s) > 100 {
		return "", fmt.Errorf("migration name %q: say what it does as verb_noun, such as create_users: "+
			"letters a-z, digits and _, at most 100, a letter first", name)
	}
	return s, nil
}
