package drift

import (
	"errors"
	"io/fs"
	neturl "net/url"
	"path"
	"strings"

	"github.com/schemactl/schemactl/migrate"
)

// withDatabase is a server's URL with another database. Both forms that package
// database takes are kept: a URL, and the Go driver's with its address in
// brackets.
func withDatabase(raw, name string) string {
	scheme, rest, _ := strings.Cut(raw, "://")
	if strings.Contains(rest, "(") {
		// In the driver's form the last slash begins the database: a slash in a
		// parameter is escaped there.
		at := strings.LastIndex(rest, "/")
		_, query, found := strings.Cut(rest[at+1:], "?")
		if found {
			query = "?" + query
		}
		return scheme + "://" + rest[:at+1] + name + query
	}
	u, err := neturl.Parse(raw)
	if err != nil {
		return raw // cannot be: the database has been opened by it
	}
	u.Path, u.RawPath = "/"+name, ""
	query := u.Query()
	query.Del("dbname")
	u.RawQuery = encode(query)
	return u.String()
}

// encode writes a blank as %20: the driver takes a plus as it is.
func encode(query neturl.Values) string { return strings.ReplaceAll(query.Encode(), "+", "%20") }

// withSearchPath sets where unqualified names lead on PostgreSQL.
func withSearchPath(raw, searchPath string) string {
	u, err := neturl.Parse(raw)
	if err != nil {
		return raw
	}
	query := u.Query()
	query.Set("search_path", searchPath)
	u.RawQuery = encode(query)
	return u.String()
}

// refuseQualified looks for the live schema's name before a dot, or after USE,
// in the files of a dialect.
func refuseQualified(sources []migrate.Source, dialect, schema string) error {
	for _, s := range sources {
		if s.FS() == nil {
			continue
		}
		files := s.FS()
		if info, err := fs.Stat(files, dialect); err == nil && info.IsDir() {
			sub, err := fs.Sub(files, dialect)
			if err != nil {
				return err
			}
			files = sub
		}
		entries, err := fs.ReadDir(files, ".")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if e.IsDir() || path.Ext(e.Name()) != ".sql" {
				continue
			}
			text, err := fs.ReadFile(files, e.Name())
			if err != nil {
				return err
			}
			if names(string(text), schema) {
				return &QualifiedError{File: s.Name() + "/" + e.Name(), Schema: schema}
			}
		}
	}
	return nil
}

func names(text, schema string) bool {
	all := tokens(text)
	for i, t := range all {
		if !strings.EqualFold(t.name(), schema) {
			continue
		}
		if i+1 < len(all) && all[i+1].text == "." || i > 0 && all[i-1].is("USE") {
			return true
		}
	}
	return false
}
