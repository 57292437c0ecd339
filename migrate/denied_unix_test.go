//go:build unix

package migrate_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file that may not be written, or is in a folder that may not, is refused and
// is left alone; as root that needs another user, so the test runs itself as one.
func TestDeniedSQLite(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "denied") //nolint:usetesting // not below TempDir, which another user may not enter
	check(t, err)
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	for _, name := range []string{"file", "folder"} {
		check(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
		mustUp(t, one(t, open(t, "sqlite:"+filepath.Join(dir, name, "app.db")), map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);")}))
	}
	check(t, os.Chmod(dir, 0o755))
	check(t, os.Chmod(filepath.Join(dir, "file"), 0o777))
	check(t, os.Chmod(filepath.Join(dir, "file", "app.db"), 0o444))
	check(t, os.Chmod(filepath.Join(dir, "file", "app.db.migrate.lock"), 0o444))
	check(t, os.Chmod(filepath.Join(dir, "folder", "app.db"), 0o444))
	check(t, os.Chmod(filepath.Join(dir, "folder"), 0o555))
	self := filepath.Join(dir, "self")
	binary, err := os.Executable()
	check(t, err)
	data, err := os.ReadFile(binary)
	check(t, err)
	check(t, os.WriteFile(self, data, 0o755))
	for name, want := range map[string]string{
		"file/app.db":               "needs the right to write",
		"file/app.db?mode=ro":       "needs the right to write",
		"folder/app.db":             "attempt to write a readonly database",
		"folder/app.db?immutable=1": "needs the right to write",
	} {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
		cmd.Dir = "/"
		cmd.Env = append(os.Environ(), helperVariable+"=sqlite:"+filepath.Join(dir, name), "MIGRATE_TEST_SLOW=steps")
		if os.Getuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v %s, want %q", name, err, out, want)
		}
	}
}
