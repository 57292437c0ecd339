package test_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/testenv"
)

// The connection of the process that migrates is cut in the middle of a file, on
// both sides or so that only the server knows. Another process takes over and
// finishes; the first says what it applied and what is not known.
func TestHolderCut(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{inTransaction, inSteps, inDoubt} {
		for _, way := range []string{"hang up", "swallow"} {
			if mode == inSteps && way == "swallow" {
				continue // the same as in doubt, with less of it
			}
			t.Run(mode+" "+way, func(t *testing.T) {
				t.Parallel()
				t.Run("postgres", func(t *testing.T) {
					t.Parallel()
					holderCut(t, testenv.Postgres(t), mode, way)
				})
				t.Run("mariadb", func(t *testing.T) {
					t.Parallel()
					holderCut(t, testenv.MariaDB(t), mode, way)
				})
			})
		}
	}
}

func holderCut(t *testing.T, url, mode, way string) {
	t.Helper()
	c := newCrossing(t, url, mode)
	p, through := newProxy(t, url)
	first := c.up(t, "first", through).start(t)
	c.arrived(t)
	next := c.up(t, "next", url).start(t)
	next.after(t, "waiting for first on ")
	if way == "swallow" {
		p.swallow()
	} else {
		p.hangUp()
	}
	if c.db.Name() == "mysql" {
		c.open() // it does not look after its clients while it waits for a lock
	} else {
		eventually(t, "another holder", time.Minute, func() bool {
			h, held := c.holder(t)
			return held && h.PID == next.cmd.Process.Pid
		})
		c.open()
	}
	c.finish(t, next)
	before := c.recorded(t)
	code := 0
	if way == "swallow" {
		code = first.interrupt(t, time.Minute)
	} else {
		code = first.ends(t, time.Minute)
	}
	if want := 1; code != want {
		t.Errorf("the cut process ends with %d, want %d", code, want)
	}
	if diff := cmp.Diff([]string{"1"}, first.ran()); diff != "" {
		t.Errorf("what the cut process says it ran (-want +got):\n%s", diff)
	}
	wants := []string{"migrate up race/" + gateFile + ": ", "statement 2 of 3", "(1 applied before it, 2 not begun)"}
	switch {
	case mode == inDoubt:
		wants = append(wants, "schemactl_history as 2 statements begun, 1 done")
	case mode == inSteps:
		wants = append(wants, "schemactl_history as 1 statements begun, 1 done")
	case way == "hang up":
		wants = append(wants, "lock is no longer ours: the connection is gone, and nothing of the file stays")
	}
	for _, want := range wants {
		if !strings.Contains(first.said(), want) {
			t.Errorf("the cut process does not say %q:\n%s", want, first.said())
		}
	}
	if diff := cmp.Diff(before, c.recorded(t)); diff != "" {
		t.Errorf("it wrote after it had lost the lock (-before +after):\n%s", diff)
	}
	c.once(t)
}

// The answer to a commit is lost. The process says that it does not know, and the
// next one finds the file done and goes on after it.
func TestHolderCutInCommit(t *testing.T) {
	t.Parallel()
	url := testenv.Postgres(t)
	c := newCrossing(t, url, inCommit)
	p, through := newProxy(t, url)
	first := c.up(t, "first", through).start(t)
	c.arrived(t)
	p.mute()
	c.open()
	eventually(t, "the commit", time.Minute, func() bool {
		return len(lines(t, c.db, "SELECT file FROM tally WHERE file = 22")) == 1
	})
	p.hangUp()
	if code := first.ends(t, time.Minute); code != 1 {
		t.Errorf("the cut process ends with %d, want 1", code)
	}
	want := "lock is no longer ours: the connection is gone, and whether the file took effect is not known: migrate status tells"
	if !strings.Contains(first.said(), want) {
		t.Errorf("the cut process says %s\nwant %q", first.said(), want)
	}
	next := c.up(t, "next", url).start(t)
	if code := next.ends(t, time.Minute); code != 0 {
		t.Errorf("the next process: exit code %d:\n%s", code, next.said())
	}
	if diff := cmp.Diff([]string{"3", "4"}, next.ran()); diff != "" {
		t.Errorf("what the next process says it ran (-want +got):\n%s", diff)
	}
	c.once(t)
}

var repairCommands = regexp.MustCompile(`if so: schemactl (migrate repair race 2 --[a-z]+(?: \d)?); if not: schemactl (migrate repair race 2 --[a-z]+(?: \d)?);`)

// finish lets a deploy end that came after one that was lost. Where a statement
// cannot be taken back it may stop, once, and ask for what is true: then the
// command that it names lets the next one go on.
func (c *crossing) finish(t *testing.T, next *running) {
	t.Helper()
	code := next.ends(t, time.Minute)
	if code == 0 {
		return
	}
	commands := repairCommands.FindStringSubmatch(next.said())
	if c.mode != inDoubt || c.db.Name() != "mysql" || code != 1 || commands == nil {
		t.Fatalf("the next process: exit code %d:\n%s", code, next.said())
	}
	command := commands[2]
	if c.db.WithContext(t.Context()).Migrator().HasColumn("gate", "wide") {
		command = commands[1]
	}
	t.Logf("it stopped, and asked for %s", command)
	schemactl(t, append(strings.Fields(command), "--database-url", c.url, "--source", "race="+c.dir)...).ok(t)
	c.up(t, "after repair", c.url).ok(t)
}
