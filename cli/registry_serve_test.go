package cli

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry/store/memory"
)

// Who asks the server for its version hears that of the binary.
func TestServedVersion(t *testing.T) {
	t.Parallel()
	o := &serveOptions{clusterName: "c"}
	handler, err := o.handler(slog.New(slog.DiscardHandler), memory.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/metadata/version", http.NoBody))
	var got struct{ Version, CommitID string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if want := readVersion(); got.Version != want.Version || got.Version == "" || got.CommitID != want.Revision {
		t.Errorf("it answers %s, and is %+v", w.Body, want)
	}
}

// Times that cannot be are refused before anything begins.
func TestServeTimes(t *testing.T) {
	t.Parallel()
	for _, o := range []serveOptions{
		{drain: -5 * time.Second, startTimeout: time.Second},
		{startTimeout: -time.Second},
		{},
	} {
		o.listen, o.store, o.clusterName, o.garbage = "127.0.0.1:0", "memory", "c", 1
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := o.run(ctx, &Env{Out: io.Discard, Err: io.Discard}); ExitCode(err) != ExitUsage {
			t.Errorf("drain %s, start-timeout %s: %v", o.drain, o.startTimeout, err)
		}
	}
}

// No line of these helps is longer than a terminal of 100 columns shows.
func TestSettingHelpIsWrapped(t *testing.T) {
	t.Parallel()
	for _, cmd := range []*cobra.Command{newRegistryConfigCommand(&Env{}), newModeCommand(&Env{})} {
		for line := range strings.Lines(cmd.Long) {
			if len(line) > 90 {
				t.Errorf("%s: %d columns: %s", cmd.Name(), len(line), line)
			}
		}
	}
}
