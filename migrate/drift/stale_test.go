package drift_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
)

// leavings lists the scratches that were made from a database: on its server, or
// in a temporary folder.
func leavings(t *testing.T, admin *gorm.DB, url, folder string) []string {
	t.Helper()
	if admin.Name() == "sqlite" {
		paths, err := filepath.Glob(filepath.Join(folder, "*"))
		check(t, err)
		return slices.DeleteFunc(paths, func(s string) bool { return strings.HasSuffix(s, ".lock") || strings.Contains(s, "_scratch_0x") })
	}
	u, err := neturl.Parse(url)
	check(t, err)
	sum := sha256.Sum256([]byte(strings.TrimPrefix(u.Path, "/")))
	pattern := "'schemactl!_scratch!_" + hex.EncodeToString(sum[:4]) + "!_%' ESCAPE '!'"
	query := `SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE ` + pattern
	if admin.Name() == "postgres" {
		query = `SELECT datname FROM pg_database WHERE datname LIKE ` + pattern + ` UNION SELECT nspname FROM pg_namespace WHERE nspname LIKE ` + pattern
	}
	var out []string
	check(t, admin.WithContext(t.Context()).Raw(query).Scan(&out).Error)
	slices.Sort(out)
	return out
}

// atWork starts a process that compares a database and waits until it is in the
// middle of its scratch.
func atWork(t *testing.T, url, folder string) *exec.Cmd {
	t.Helper()
	cmd := process(t, url, folder)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "inside\n" {
		t.Fatalf("the process said %q, %v", line, err)
	}
	return cmd
}

func process(t *testing.T, url, folder string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+url, "TMPDIR="+folder)
	cmd.Stderr = os.Stderr
	return cmd
}

// gone waits until nothing is left to wait for.
func gone(t *testing.T, left func() int) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); left() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("gave up after 30 s")
		}
	}
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	check(t, cmd.Process.Kill())
	_ = cmd.Wait() // by the signal
}

// What a killed process leaves is removed by the next one, and what one that
// lives works in is not, nor what only looks alike.
func TestScratchOfTheDead(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		admin := open(t, url)
		urls := map[string]string{"database": url}
		if kindOf(url) == "postgres" {
			urls["schema"], _ = role(t, admin, url, true)
		}
		for kind, url := range urls {
			folder := t.TempDir()
			dead := atWork(t, url, folder)
			left := leavings(t, admin, url, folder)
			if len(left) != 1 {
				t.Fatalf("%s: %v, want one scratch", kind, left)
			}
			alike := strings.Replace(left[0], "schemactl_scratch_", "schemactl_scratch_0x", 1)
			makeAlike(t, admin, alike)
			kill(t, dead)
			if after := leavings(t, admin, url, folder); !slices.Contains(after, left[0]) {
				t.Errorf("%s: %v, and the killed process cannot have removed its own", kind, after)
			}
			if kindOf(url) != "sqlite" { // a server notices a death soon, but not at once
				gone(t, func() int { compare(t, url); return len(leavings(t, admin, url, folder)) })
			}
			second := atWork(t, url, folder)
			living := leavings(t, admin, url, folder)
			if len(living) != 1 || living[0] == left[0] {
				t.Fatalf("%s: %v, want one scratch, and not %s", kind, living, left[0])
			}
			third := process(t, url, folder) // which, in a schema, waits for the other's lock on migrations
			check(t, third.Start())
			gone(t, func() int { return 2 - len(leavings(t, admin, url, folder)) })
			if !slices.Contains(leavings(t, admin, url, folder), living[0]) {
				t.Errorf("%s: %s of a living process is gone", kind, living[0])
			}
			kill(t, second)
			kill(t, third)
			if kindOf(url) == "sqlite" {
				if _, err := os.Stat(alike); err != nil {
					t.Errorf("what only looks alike is gone: %v", err)
				}
				continue
			}
			gone(t, func() int { compare(t, url); return len(leavings(t, admin, url, folder)) })
			run(t, admin, "DROP DATABASE "+alike) // fails when it is gone
		}
	})
}

// makeAlike makes something whose name is nearly that of a scratch.
func makeAlike(t *testing.T, admin *gorm.DB, name string) {
	t.Helper()
	if admin.Name() == "sqlite" {
		check(t, os.Mkdir(name, 0o700))
		check(t, os.WriteFile(name+".lock", nil, 0o600))
		return
	}
	run(t, admin, "CREATE DATABASE "+name)
}
