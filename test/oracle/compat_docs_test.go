package oracle_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/registry/compat"
)

// The words of the table.
const (
	reads    = "reads"
	refuses  = "refuses"
	ends     = "error"     // the checker ends in an error
	noSchema = "no schema" // one of the texts is none
)

// TestDocumentedDifferences keeps the table of docs/compatibility.md true: each
// row is asked of all four checkers.
func TestDocumentedDifferences(t *testing.T) {
	t.Parallel()
	rows := differences(t)
	java, python := startJava(t), startPython(t)
	for _, row := range rows {
		writer, reader := strings.Trim(row[1], "`"), strings.Trim(row[2], "`")
		w, r := schemaOf(writer), schemaOf(reader)
		if w == nil || r == nil {
			t.Errorf("%s: a text is no schema", row[0])
			continue
		}
		pairs := [][2]string{{writer, reader}}
		got := []string{
			row[0], row[1], row[2],
			word(verdict{Findings: make([][3]string, len(compat.Check(w, r)))}),
			word(java.mustAsk(t, question{Op: "verdicts", Pairs: pairs}).Verdicts[0]),
			word(python.mustAsk(t, question{Op: "verdicts", Pairs: pairs}).Verdicts[0]),
			twmbWord(writer, reader),
		}
		if diff := cmp.Diff(got, row); diff != "" {
			t.Errorf("docs/compatibility.md (-is +says):\n%s", diff)
		}
	}
}

// differences are the rows of the table.
func differences(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	_, after, _ := strings.Cut(string(text), "| writer | reader | ours |")
	for i, line := range strings.Split(after, "\n") {
		if i < 2 {
			continue // the rest of the head, and the line below it
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		row := strings.Split(strings.Trim(line, "| "), " | ")
		if len(row) != 7 {
			t.Fatalf("%d columns: %s", len(row), line)
		}
		rows = append(rows, row)
	}
	if len(rows) < 9 {
		t.Fatalf("%d rows are in the table", len(rows))
	}
	return rows
}

func word(v verdict) string {
	switch {
	case v.Unread != "":
		return noSchema
	case v.Error != "":
		return ends
	case v.fits():
		return reads
	}
	return refuses
}

func twmbWord(writer, reader string) string {
	w, errW := avro.Parse(writer)
	r, errR := avro.Parse(reader)
	switch {
	case errW != nil || errR != nil:
		return noSchema
	case avro.CheckCompatibility(w, r) == nil:
		return reads
	}
	return refuses
}
