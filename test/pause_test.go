package test_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
)

// pauseFor is how long a holder is stopped: longer than a heartbeat would be
// waited for, and with SOAK=full longer than any lease of the usual length.
func pauseFor() time.Duration {
	if os.Getenv("SOAK") == "full" {
		return 70 * time.Second
	}
	return 4 * time.Second
}

// Six processes deploy at once, and the one with the lock is stopped in the
// middle of a file, as a virtual machine is that moves. Nobody takes the lock
// from it, all others can say who has it, and when it goes on all succeed.
func TestHolderPausedSoak(t *testing.T) {
	t.Parallel()
	for kind, database := range map[string]func(testing.TB) string{
		"sqlite": testenv.SQLite, "postgres": testenv.Postgres, "mariadb": testenv.MariaDB,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for range rounds(3) { // both are stopped for the same while
				inTx, steps := holderPaused(t, database(t), inTransaction), holderPaused(t, database(t), inSteps)
				inTx()
				steps()
			}
		})
	}
}

// holderPaused stops a holder. goOn lets it go on when its time has come.
func holderPaused(t *testing.T, url, mode string) (goOn func()) {
	t.Helper()
	c := newCrossing(t, url, mode)
	apps := map[int]string{}
	var all []*running
	for i := range 6 {
		app := fmt.Sprintf("app-%d", i)
		r := c.up(t, app, url).start(t)
		apps[r.cmd.Process.Pid] = app
		all = append(all, r)
	}
	h := c.arrived(t)
	if h.Application == "" || h.Application != apps[h.PID] {
		t.Fatalf("the holder is %s, want one of %v", h, apps)
	}
	at := slices.IndexFunc(all, func(r *running) bool { return r.cmd.Process.Pid == h.PID })
	paused := all[at]
	paused.signal(t, syscall.SIGSTOP)
	resume := time.Now().Add(pauseFor())
	c.open()
	line := waitingLine(t, h)
	for _, r := range slices.Delete(slices.Clone(all), at, at+1) {
		eventually(t, "a waiter that says "+line.String(), time.Minute, func() bool { return line.MatchString(r.said()) })
	}
	verifyNames(t, c, h)
	return func() { paused.goesOn(t, c, all, h, resume) }
}

// goesOn keeps the process stopped until then, and continues it.
func (r *running) goesOn(t *testing.T, c *crossing, all []*running, h dblock.Holder, then time.Time) {
	t.Helper()
	for time.Now().Before(then) { // nobody may take over
		time.Sleep(250 * time.Millisecond)
		if who, held := c.holder(t); !held || who.PID != h.PID {
			t.Fatalf("while the holder is stopped the lock is held by %s (held: %t), want %s", who, held, h)
		}
	}
	r.signal(t, syscall.SIGCONT)
	var ran []string
	for i, r := range all {
		if code := r.ends(t, time.Minute); code != 0 {
			t.Errorf("process %d: exit code %d:\n%s", i, code, r.said())
		}
		ran = append(ran, r.ran()...)
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "4"}, ran); diff != "" {
		t.Errorf("what the processes say they ran (-want +got):\n%s", diff)
	}
	c.once(t)
}

// waitingLine is what those who wait say about a holder.
func waitingLine(t *testing.T, h dblock.Holder) *regexp.Regexp {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(fmt.Sprintf(`(?m)^waiting for %s on %s \(pid %d\), race/%s, since %s UTC \([0-9]+ s\)$`,
		h.Application, regexp.QuoteMeta(host), h.PID, regexp.QuoteMeta(gateFile), h.Since.UTC().Format(time.TimeOnly)))
}

// verifyNames checks that `migrate verify` names the holder in its JSON and to
// people, and that `up` does when it has waited for long enough.
func verifyNames(t *testing.T, c *crossing, h dblock.Holder) {
	t.Helper()
	verify := []string{"migrate", "verify", "--database-url", c.url, "--source", "race=" + c.dir}
	r := schemactl(t, append(verify, "--output", "json")...).run(t)
	got := decode[struct {
		Holder json.RawMessage `json:"holder"`
	}](t, r.stdout)
	want, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decode[map[string]any](t, string(want)), decode[map[string]any](t, string(got.Holder))); r.code != 3 || diff != "" {
		t.Errorf("verify: exit code %d, want 3; the holder (-want +got):\n%s", r.code, diff)
	}
	if r := schemactl(t, verify...).run(t); r.code != 3 || !strings.Contains(r.stdout, h.String()) {
		t.Errorf("verify: exit code %d, %q, want 3 and %q", r.code, r.stdout, h)
	}
	late := c.up(t, "late", c.url, "--timeout", "100ms").run(t)
	if late.code != 1 || !strings.Contains(late.stderr, "is held by "+h.String()+"; gave up after") {
		t.Errorf("up --timeout: exit code %d, %q, want 1 and %q", late.code, late.stderr, h)
	}
}

// The holder is stopped, and its session is ended meanwhile: by an operator, or
// by the server that thinks it gone. Another process takes over and finishes.
// When the first one goes on it says that it has lost the lock, runs nothing and
// records nothing.
func TestPausedHolderReplacedSoak(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{inTransaction, inSteps, noGate} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			testenv.Databases(t, func(t *testing.T, url string) {
				holderReplaced(t, url, mode)
			})
		})
	}
}

func holderReplaced(t *testing.T, url, mode string) {
	t.Helper()
	c := newCrossing(t, url, mode)
	first, listen := c.stopped(t, url)
	others := []*running{c.up(t, "second", url).start(t), c.up(t, "third", url).start(t)}
	for _, r := range others {
		r.after(t, "waiting for first on ")
	}
	c.endSession(t)
	c.open()
	finish := func() {
		for i, r := range others {
			if code := r.ends(t, time.Minute); code != 0 {
				t.Errorf("the next process %d: exit code %d:\n%s", i, code, r.said())
			}
		}
		c.once(t)
	}
	// The stopped process has begun a transaction, which is SQLite's own lock: the
	// next one can only finish when the first has let go of it.
	early := c.db.Name() == "sqlite"
	var before []string
	if early {
		eventually(t, "another holder", time.Minute, func() bool {
			h, held := c.holder(t)
			return held && h.PID != first.cmd.Process.Pid
		})
	} else {
		finish()
		before = c.recorded(t)
	}
	listen()
	first.signal(t, syscall.SIGCONT)
	if code := first.ends(t, time.Minute); code != 1 {
		t.Errorf("the stopped process ends with %d, want 1:\n%s", code, first.said())
	}
	if diff := cmp.Diff([]string{"1"}, first.ran()); diff != "" {
		t.Errorf("what the stopped process says it ran (-want +got):\n%s", diff)
	}
	for _, want := range []string{"migrate up race/" + gateFile + ": ", "lock is no longer ours", "(1 applied before it, 2 not begun)"} {
		if !strings.Contains(first.said(), want) {
			t.Errorf("the stopped process does not say %q:\n%s", want, first.said())
		}
	}
	if early {
		finish()
		return
	}
	if diff := cmp.Diff(before, c.recorded(t)); diff != "" {
		t.Errorf("it wrote after it had lost the lock (-before +after):\n%s", diff)
	}
}

// stopped starts a process and stops it at the gate, or between the first file
// and the second. What it says is heard from listen on.
func (c *crossing) stopped(t *testing.T, url string) (r *running, listen func()) {
	t.Helper()
	if c.mode != noGate {
		r = c.up(t, "first", url).start(t)
		c.arrived(t)
		r.signal(t, syscall.SIGSTOP)
		return r, func() {}
	}
	r, listen = c.up(t, "first", url).startStuck(t)
	eventually(t, "the first file", time.Minute, func() bool {
		return slices.Contains(tables(t, c.db), "goose_db_version_race") &&
			slices.Equal(lines(t, c.db, "SELECT version FROM schemactl_history WHERE state = 'applied'"), []string{"1"})
	})
	r.signal(t, syscall.SIGSTOP)
	same(t, c.db, "SELECT version_id FROM goose_db_version_race ORDER BY id", "0", "1")
	return r, listen
}
