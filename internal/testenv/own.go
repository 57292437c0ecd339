package testenv

import (
	"context"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv/server"
)

// Own starts a server for this test alone, whose settings it may change and which
// it may crash. It is stopped when the test ends.
func Own(tb testing.TB, part server.Part) *server.Server {
	tb.Helper()
	return own(tb, func(ctx context.Context) (*server.Server, error) { return server.Start(ctx, part) })
}

// Replica starts a hot standby of a PostgreSQL server that came from [Own]. It is
// stopped when the test ends, before its primary.
func Replica(tb testing.TB, primary *server.Server) *server.Server {
	tb.Helper()
	return own(tb, func(ctx context.Context) (*server.Server, error) { return server.Replica(ctx, primary) })
}

func own(tb testing.TB, start func(context.Context) (*server.Server, error)) *server.Server {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 3*time.Minute)
	defer cancel()
	s, err := start(ctx)
	if err != nil {
		without(tb, err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
