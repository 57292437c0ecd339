package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// unreadable says why goose does not read a file: what goose says names its own
// states and not always the mistake.
func (f *file) unreadable(err error) string {
	text, readErr := f.text()
	switch {
	case errors.Is(readErr, fs.ErrNotExist):
		return "it is a link to a file that is not there"
	case readErr != nil:
		return oneLine(readErr)
	case strings.HasPrefix(text, "\ufeff"):
		return "it begins with a byte order mark: save it as UTF-8 without one"
	case strings.ContainsRune(text, 0):
		return "it holds zero bytes, as UTF-16 does: save it as UTF-8"
	case strings.TrimSpace(text) == "":
		return "it is empty: a migration begins with '-- +goose Up'"
	case !upMark.MatchString(text):
		return "it has no line '-- +goose Up', with which a migration begins"
	}
	if line := unended(text); line > 0 {
		return fmt.Sprintf("line %d: '-- +goose StatementBegin' has no '-- +goose StatementEnd' behind it", line)
	}
	said := preamble.ReplaceAllString(oneLine(err), "")
	return unfinished.ReplaceAllString(said, "${1}…${2}")
}

var (
	upMark   = regexp.MustCompile(`(?im)^--\s*\+goose\s+up`)
	anyMark  = regexp.MustCompile(`(?i)^--\s*\+goose\s+(\w+)`)
	preamble = regexp.MustCompile(`^failed to prepare migration \([^)]*\): (failed to parse [^:]*: )*`)
)

// unended is the line of the first StatementBegin that is not ended before the
// next mark that ends or begins anything; 0 when there is none.
func unended(text string) int {
	open, line := 0, 0
	for s := range strings.Lines(text) {
		line++
		m := anyMark.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		switch strings.ToLower(m[1]) {
		case "statementend":
			open = 0
		case "up", "down", "statementbegin":
			if open > 0 {
				return open
			}
			if strings.EqualFold(m[1], "statementbegin") {
				open = line
			}
		}
	}
	return open
}
