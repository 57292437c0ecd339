package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/migrate"
)

func TestRunProgress(t *testing.T) {
	t.Parallel()
	file := migrate.Migration{Source: "shared", Version: 2, Name: "a", File: "2_a.sql"}
	statement := migrate.Progress{Phase: migrate.PhaseStatement, Migration: file, Direction: migrate.DirectionUp, Index: 1, Total: 1, Statement: 1, Statements: 2}
	running := func(after time.Duration, a migrate.Activity) migrate.Progress {
		s := statement
		s.Phase, s.Elapsed, s.Activity = migrate.PhaseRunning, after, &a
		return s
	}
	waiting := func(after time.Duration, application, doing string) migrate.Progress {
		return migrate.Progress{Phase: migrate.PhaseWaiting, Elapsed: after, Holder: migrate.Holder{Application: application, Host: "h", PID: 1, Doing: doing}}
	}
	scan := migrate.Activity{Stage: "scan", Done: 1, Total: 4, Unit: migrate.UnitBlocks}
	blocked := migrate.Activity{Waited: time.Second, BlockedBy: []migrate.Blocker{{Session: 8}}}
	const s = time.Second
	for _, tc := range []struct {
		name     string
		terminal bool
		told     []migrate.Progress // at the time that is their Elapsed
		want     string
	}{
		{"short", false, []migrate.Progress{statement, running(1*s, scan), running(9*s, scan)}, "up shared/2_a.sql (1 of 1)\n"},
		{"long", false, []migrate.Progress{statement, running(9*s, scan), running(10*s, scan), running(19*s, scan), running(20*s, scan)},
			"up shared/2_a.sql (1 of 1)\nshared/2_a.sql, statement 1 of 2, 10 s: scan, 25 %\nshared/2_a.sql, statement 1 of 2, 20 s: scan, 25 %\n"},
		{"blocked", false, []migrate.Progress{statement, running(1*s, blocked), running(2*s, blocked), running(3*s, scan), running(4*s, blocked), running(11*s, migrate.Activity{})},
			"up shared/2_a.sql (1 of 1)\nshared/2_a.sql, statement 1 of 2, 1 s: waits 1 s for session 8\nshared/2_a.sql, statement 1 of 2, 11 s\n"},
		{"waiting", false, []migrate.Progress{waiting(1*s, "b", "x, 1 %"), waiting(2*s, "b", "x, 2 %"), waiting(11*s, "b", "x, 3 %"), waiting(12*s, "c", "")},
			"waiting for b on h (pid 1), x, 1 % (1 s)\nwaiting for b on h (pid 1), x, 3 % (11 s)\nwaiting for c on h (pid 1) (12 s)\n"},
		{"terminal", true, []migrate.Progress{waiting(1*s, "b", ""), statement, running(1*s, scan), running(2*s, migrate.Activity{}), {Phase: migrate.PhaseDone}},
			"\rwaiting for b on h (pid 1) (1 s)\r                                \rup shared/2_a.sql (1 of 1)\n" +
				"\rstatement 1 of 2, 1 s: scan, 25 %\rstatement 1 of 2, 2 s            " +
				"\r                     \r"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			p := newRunProgress(&out)
			p.terminal = tc.terminal
			begin := time.Now()
			for _, told := range tc.told {
				p.now = func() time.Time { return begin.Add(told.Elapsed) }
				p.tell(told)
			}
			p.end()
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("progress (-want +got):\n%s", diff)
			}
		})
	}
}
