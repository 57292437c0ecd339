package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStepProgress(t *testing.T) {
	t.Parallel()
	type told struct {
		after       time.Duration // since the begin
		step        string
		done, total int
	}
	for _, tc := range []struct {
		name     string
		terminal bool
		told     []told
		want     string
	}{
		{"short and small", false, []told{{0, "read", 0, 0}, {0, "read", 5, 5}, {900 * time.Millisecond, "print", 5, 5}}, ""},
		{"large", false, []told{{0, "read", 0, 0}, {0, "read", 500, 500}, {0, "print", 1, 501}, {0, "print", 2, 501}, {0, "write", 1, 3}}, "x: read 500 files\nx: print 501 files\n"},
		{"slow", false, []told{{2 * time.Second, "read", 0, 0}, {3 * time.Second, "read", 5, 5}, {4 * time.Second, "print", 1, 5}}, "x: read\nx: print 5 files\n"},
		{"terminal, short", true, []told{{0, "read", 500, 500}, {900 * time.Millisecond, "print", 1, 500}}, ""},
		{"terminal, slow", true, []told{
			{1000 * time.Millisecond, "print", 10, 500}, {1050 * time.Millisecond, "print", 11, 500}, {1200 * time.Millisecond, "w", 0, 3},
		}, "\rx: print 10 of 500 files\rx: w 3 files            \r            \r"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			p := newStepProgress(&out, "x")
			p.terminal = tc.terminal
			for _, told := range tc.told {
				p.now = func() time.Time { return p.began.Add(told.after) }
				p.tell(told.step, told.done, told.total)
			}
			p.end()
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("progress (-want +got):\n%s", diff)
			}
		})
	}
}
