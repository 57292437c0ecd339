package migrate

import (
	"fmt"
	"strings"
	"testing"
)

// Line numbers and checksums are counted on from the statement before, and come
// to the same.
func TestCountedOn(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("-- +goose Up\n")
	s := &script{}
	var want []int
	for i := range 50 {
		statement := fmt.Sprintf("SELECT %d,\n%s2;", i, strings.Repeat("\n", i%3))
		want = append(want, 1+strings.Count(text.String(), "\n"))
		text.WriteString(statement + "\n")
		if i%7 == 3 { // a variable was put in
			statement, want[i] = "SELECT 'value';", 0
		}
		s.statements = append(s.statements, statement)
	}
	text.WriteString("---- +goose Down\nSELECT 0,\n2;\n")
	if got := lines(text.String(), s.statements, DirectionUp); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("lines %v, want %v", got, want)
	}
	end := strings.Count(text.String(), "\n") - 1
	if got := lines(text.String(), []string{"SELECT 0,\n2;"}, DirectionDown); got[0] != end {
		t.Errorf("line %d of the way down, want %d", got[0], end)
	}
	for _, n := range []int{7, 0, 3, 50, 49} {
		if s.prefix(n) != prefix(s.statements, n) {
			t.Errorf("checksum of the first %d differs", n)
		}
	}
}
