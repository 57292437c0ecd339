package devbroker

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sys/unix"
)

// TestFsync asks the system, as soon as a record is acknowledged, how many pages of the
// broker's files are in memory only. It shows that the files were synced by then, and not
// what the disk makes of that, nor that their names are in the folder after a power cut.
func TestFsync(t *testing.T) {
	t.Parallel()
	unsynced := func(synced bool) (dirty uint64) {
		b := open(t, Config{Dir: t.TempDir() + "/d", Fsync: synced})
		client, err := b.Client()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, nil, "records"); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "records", Value: make([]byte, 10_000)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			dirty += dirtyPages(t, b.cfg.Dir)
		}
		return dirty
	}
	if unsynced(false) == 0 {
		t.Skip("the file system writes at once, or does not say what it has not written")
	}
	if n := unsynced(true); n > 0 {
		t.Errorf("%d pages of what is acknowledged are not on the disk", n)
	}
}

// dirtyPages counts the pages of a folder's files that are not written to the disk.
func dirtyPages(t *testing.T, dir string) (n uint64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // only looked at
		var pages unix.Cachestat_t
		err = unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &pages, 0)
		if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
			t.Skip("the kernel does not say what it has not written: Linux 6.5 does, where a container lets it")
		}
		n += pages.Dirty + pages.Writeback
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
