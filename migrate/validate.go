package migrate

import (
	"context"
	"errors"
)

// Dialects are those that the source serves: the names of its folders, or all
// three when it has none.
func (s Source) Dialects() []string {
	var out []string
	for _, d := range dialects {
		if s.fsys == nil {
			out = append(out, d)
			continue
		}
		if _, err := dialectFolder(s.fsys, d); err == nil {
			out = append(out, d)
		}
	}
	return out
}

// ValidateSources parses every file of the sources in both directions, as a
// dialect reads them, and reports all that is wrong in one [*SourceError]. It
// needs no database.
func ValidateSources(ctx context.Context, sources []Source, dialect string) error {
	if _, ok := dialectOf(dialect); !ok {
		return errors.New("migrate: dialect " + dialect + " is none of postgres, mysql, sqlite")
	}
	opened, err := openSources(sources, dialect)
	if err != nil {
		return err
	}
	return (&Migrator{name: dialect, sources: opened}).Validate(ctx)
}
