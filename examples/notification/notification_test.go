package notification_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/examples/internal/embedded"
	"github.com/schemactl/schemactl/examples/notification"
	"github.com/schemactl/schemactl/examples/notification/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/stream"
)

// childVariable makes this test binary the search, so that it can be killed.
const childVariable = "EXAMPLE_SEARCH"

type child struct {
	Config  notification.Config
	Catalog string
}

func TestMain(m *testing.M) {
	text := os.Getenv(childVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var c child
	err := json.Unmarshal([]byte(text), &c)
	if err == nil {
		c.Config.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
		err = notification.RunSearch(context.Background(), c.Config, c.Catalog)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// search starts the consumer as a process. kill ends it as a crash does.
func search(t *testing.T, c child) (kill func()) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Catalog": c.Catalog, "Config": map[string]any{
		"DatabaseURL": c.Config.DatabaseURL, "Brokers": c.Config.Brokers, "RegistryURL": c.Config.RegistryURL,
	}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	return kill
}

// world is the catalog, and what the search needs.
type world struct {
	*testing.T
	parts   *embedded.Parts
	catalog string
	fails   atomic.Int32 // how many of the next calls back fail
	calls   atomic.Int32 // back to the catalog
	child   child
	db      *gorm.DB // of the search
}

func newWorld(t *testing.T, databaseURL string) *world {
	t.Helper()
	parts, err := embedded.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(parts.Close)
	if err := parts.Topic(t.Context(), "products", nil); err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, parts: parts}
	listening, ended := make(chan string, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- notification.RunCatalog(ctx, notification.Config{
			DatabaseURL: databaseURL, Brokers: parts.Brokers, RegistryURL: parts.RegistryURL,
			OnListening: func(u string) { listening <- u },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case w.catalog = <-listening:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	target, err := url.Parse(w.catalog)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.calls.Add(1)
		if w.fails.Add(-1) >= 0 {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.child = child{Catalog: server.URL, Config: notification.Config{DatabaseURL: databaseURL, Brokers: parts.Brokers, RegistryURL: parts.RegistryURL}}
	if w.db, err = database.Open(t.Context(), databaseURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(w.db) })
	return w
}

func (w *world) call(method, path string, in any) (p notification.Product) {
	w.Helper()
	if _, err := embedded.Call(w.Context(), method, w.catalog+path, in, &p); err != nil {
		w.Fatal(err)
	}
	return p
}

// shows waits until the search has exactly these products, by id.
func (w *world) shows(want map[int64]notification.Product) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 60*time.Second)
	defer cancel()
	var diff string
	err := embedded.Until(ctx, func() (bool, error) {
		if !w.db.Migrator().HasTable(&notification.Entry{}) {
			return false, nil
		}
		got := map[int64]notification.Product{}
		var entries []notification.Entry
		if err := w.db.Where("NOT gone").Find(&entries).Error; err != nil {
			return false, err
		}
		for _, e := range entries {
			got[e.ID] = notification.Product{ID: e.ID, Name: e.Name, PriceMinor: e.PriceMinor, Version: e.Version}
		}
		diff = cmp.Diff(want, got)
		return diff == "", nil
	})
	if err != nil {
		w.Fatalf("the search does not get to know: %v (-want +got):\n%s", err, diff)
	}
}

// TestNotification changes and deletes products while the search is killed and
// started, and while the catalog now and then does not answer.
func TestNotification(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.fails.Store(2)
		kill := search(t, w.child)
		want := map[int64]notification.Product{}
		for i := range 20 {
			p := w.call(http.MethodPost, "/products", notification.NewProduct{Name: fmt.Sprint("product ", i), PriceMinor: 100})
			want[p.ID] = p
		}
		w.shows(want)
		for round := range 3 {
			for id := range want {
				path := fmt.Sprint("/products/", id)
				want[id] = w.call(http.MethodPost, path, notification.NewProduct{Name: "changed", PriceMinor: int64(round)})
				if id%7 == int64(round) {
					w.call(http.MethodDelete, path, nil)
					delete(want, id)
				}
			}
			kill() // with events under way
			w.fails.Store(1)
			kill = search(t, w.child)
		}
		w.shows(want)
		w.late(want)
	})
}

// late brings notifications that are repeated, out of order, or of what is gone.
func (w *world) late(want map[int64]notification.Product) {
	w.Helper()
	ids, err := client.New(w.parts.RegistryURL)
	if err != nil {
		w.Fatal(err)
	}
	p, err := stream.NewProducer[events.ProductChanged](w.Context(), w.parts.Kafka, ids)
	if err != nil {
		w.Fatal(err)
	}
	before := w.calls.Load()
	for id := int64(1); id <= 20; id++ {
		for _, version := range []int64{2, 1, 2} {
			if err := p.Produce(w.Context(), &events.ProductChanged{ProductID: id, Version: version, What: events.ChangeCreated}); err != nil {
				w.Fatal(err)
			}
		}
	}
	// One that comes after all of them on each partition shows that they are through.
	for i := range 20 {
		n := w.call(http.MethodPost, "/products", notification.NewProduct{Name: fmt.Sprint("last ", i)})
		want[n.ID] = n
	}
	w.shows(want)
	if n := w.calls.Load() - before; n != 20 {
		w.Errorf("%d calls back, want one for each of the 20 new products and none for what was known", n)
	}
}
