package relay

import (
	"testing"

	"github.com/schemactl/schemactl/database"
)

// fewRow is rows of which there is one with nothing in it.
type fewRow struct {
	database.DirectRows
	read bool
}

func (f *fewRow) Next() bool {
	first := !f.read
	f.read = true
	return first
}
func (f *fewRow) Scan(...any) error { return nil }
func (f *fewRow) Err() error        { return nil }

// A relay that keeps up reads often and little, and makes no room for much.
func TestFewRowsTakeLittleRoom(t *testing.T) {
	t.Parallel()
	rows, err := readRows(&fewRow{}, 10_000)
	if err != nil || len(rows) != 1 || cap(rows) > 100 {
		t.Errorf("%d rows in room for %d, %v", len(rows), cap(rows), err)
	}
	var r room
	r.copy([]byte("a little"))
	if n := len(r.left); n > 2000 {
		t.Errorf("room for %d bytes more after the first", n)
	}
	for range 1000 {
		r.copy(make([]byte, 100))
	}
	if r.made != roomBytes {
		t.Errorf("room for %d bytes when there is much, want %d", r.made, roomBytes)
	}
}
