package migrate

import (
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// lineOf says in which line of a statement's text (from 1) the database stopped,
// where its error tells: PostgreSQL counts characters of all that was sent, MySQL
// lines. before is what was sent in front of the text. 0 is unknown.
func lineOf(err error, before, text string) int {
	if at := position(err); at > 0 {
		sent := []rune(before + text)
		return 1 + strings.Count(string(sent[:min(at-1, len(sent))]), "\n") - strings.Count(before, "\n")
	}
	if m := atLine.FindStringSubmatch(err.Error()); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n <= 1+strings.Count(text, "\n") {
			return n
		}
	}
	return 0
}

var atLine = regexp.MustCompile(`(?s) near '.*' at line (\d+)$`)

// position is the field of that name of PostgreSQL's error, from 1; 0 when there
// is none. It is asked for by its name, as this package links no driver.
func position(err error) int {
	coded, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if !ok {
		return 0
	}
	v := reflect.Indirect(reflect.ValueOf(coded))
	if v.Kind() != reflect.Struct {
		return 0
	}
	if f := v.FieldByName("Position"); f.IsValid() && f.CanInt() {
		return int(f.Int())
	}
	return 0
}
