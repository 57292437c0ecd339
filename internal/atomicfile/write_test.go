package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/schemactl/schemactl/internal/atomicfile"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	for i, step := range []struct {
		text    string
		changed bool
	}{{"one", true}, {"one", false}, {"two", true}} {
		changed, err := atomicfile.Write(name, []byte(step.text))
		got, rerr := os.ReadFile(name)
		if err != nil || rerr != nil || changed != step.changed || string(got) != step.text {
			t.Errorf("%d: changed %t, text %q, %v, %v", i, changed, got, err, rerr)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"b", "a/c", "c/d"} {
		if _, err := atomicfile.Write(filepath.Join(dir, bad), nil); err == nil {
			t.Errorf("%s: written", bad)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("files left: %v, %v", left, err)
	}
}
