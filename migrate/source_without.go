package migrate

import (
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/pressly/goose/v3"
)

// Without is the source with some versions left out, as if their files and Go
// migrations did not exist. It serves those who want a database as it was at
// some point, such as package drift. The source itself stays as it is.
func (s Source) Without(versions ...int64) Source {
	left := map[int64]bool{}
	for _, v := range versions {
		left[v] = true
	}
	out := s
	if s.fsys != nil {
		out.fsys = without{s.fsys, maps.Clone(left)}
	}
	out.goes = slices.DeleteFunc(slices.Clone(s.goes), func(m *goose.Migration) bool { return m != nil && left[m.Version] })
	return out
}

// without hides the files of some versions from listings.
type without struct {
	fs.FS

	left map[int64]bool
}

// ReadDir lists a folder without the files that are left out.
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(w.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		version, err := goose.NumericComponent(path.Base(e.Name()))
		return err == nil && !e.IsDir() && w.left[version]
	}), err
}

// FS is the source's file system as it was given, nil when it has only Go
// migrations.
func (s Source) FS() fs.FS { return s.fsys }
