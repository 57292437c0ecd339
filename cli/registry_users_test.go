package cli

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/bcrypt"

	"github.com/schemactl/schemactl/registry/httpapi"
)

// However many try passwords at once, few are compared at a time, and who was let in
// before does not wait for them.
func TestPasswordsAreComparedFewAtATime(t *testing.T) {
	t.Parallel()
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte("ann:"+string(hash)+":write\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		users, err := readUsers(path)
		if err != nil {
			t.Fatal(err)
		}
		if access, ok := users.Allowed("ann", "right"); !ok || access != httpapi.AccessWrite {
			t.Fatalf("the right password gives %v, %t", access, ok)
		}
		release := make(chan struct{})
		var now, most atomic.Int64
		users.compare = func(hash, password []byte) error {
			n := now.Add(1)
			defer now.Add(-1)
			most.Store(max(most.Load(), n))
			<-release
			return bcrypt.CompareHashAndPassword(hash, password)
		}
		var wrong sync.WaitGroup
		for range 50 {
			wrong.Go(func() {
				if _, ok := users.Allowed("ann", "wrong"); ok {
					t.Error("a wrong password is let in")
				}
			})
		}
		synctest.Wait() // all of them are there
		if got, slots := most.Load(), int64(cap(users.slots)); got != slots || slots >= 50 {
			t.Errorf("%d passwords are compared at once, with %d slots", got, slots)
		}
		if _, ok := users.Allowed("ann", "right"); !ok {
			t.Error("the right password is not known any more")
		}
		close(release)
		wrong.Wait()
	})
}
