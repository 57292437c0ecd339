package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv/server"
)

// RequireVariable makes tests fail, not skip, for want of a real server when it
// is "1".
const RequireVariable = "REQUIRE_REAL"

// started holds the servers of this test process. They are started on first use
// and never stopped here: each ends when the process does.
var started = struct {
	mu    sync.Mutex // guards the maps; starting itself happens outside it
	parts map[server.Part]func() (*server.Server, error)
}{parts: map[server.Part]func() (*server.Server, error){}}

// address is what the part's variable holds, or would hold for the server that
// this process starts. It ends the test when there is neither.
func address(tb testing.TB, part server.Part) string {
	tb.Helper()
	if value := os.Getenv(part.Variable()); value != "" {
		return value
	}
	s, err := once(tb.Context(), part)()
	if err != nil {
		without(tb, err)
	}
	return s.Value
}

// once starts the part at the first call, whoever makes it; the server outlives
// that test's context.
func once(ctx context.Context, part server.Part) func() (*server.Server, error) {
	started.mu.Lock()
	defer started.mu.Unlock()
	if f, ok := started.parts[part]; ok {
		return f
	}
	ctx = context.WithoutCancel(ctx)
	f := sync.OnceValues(func() (*server.Server, error) {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
		defer cancel()
		return server.Start(ctx, part)
	})
	started.parts[part] = f
	return f
}

// without ends a test that cannot have its server: a machine that lacks it is a
// reason to skip, a server that does not come up is a failure.
func without(tb testing.TB, err error) {
	tb.Helper()
	_, lacking := errors.AsType[*server.UnavailableError](err)
	if lacking && os.Getenv(RequireVariable) != "1" {
		tb.Skip(err)
	}
	if lacking {
		err = fmt.Errorf("%w (%s=1 forbids to skip)", err, RequireVariable)
	}
	tb.Fatal(err)
}
