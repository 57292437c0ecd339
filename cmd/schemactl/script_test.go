package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"schemactl": main})
}

// TestScripts runs the command line as a user does. `exits CODE PROGRAM ARGS`
// checks the exit code, `registry` starts one and sets REGISTRY to its URL: `registry
// plain` one that has only what others have too, `registry users` one that wants a
// user and a password, `registry named` one with a name of its own. `kafka` starts a
// broker and sets BROKERS.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"registry": startRegistry,
			"kafka":    startKafka,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGS]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func startKafka(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: kafka")
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	ts.Check(err)
	ts.Defer(cluster.Close)
	ts.Setenv("BROKERS", strings.Join(cluster.ListenAddrs(), ","))
}

func startRegistry(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: registry [plain | users | named]")
	}
	reg, err := registry.New(memory.New())
	ts.Check(err)
	handler := httpapi.NewHandler(reg)
	switch strings.Join(args, "") {
	case "":
	case "plain":
		handler = plain(handler)
	case "users":
		handler = httpapi.WithUsers(handler, ada{})
	case "named":
		handler = httpapi.NewHandler(reg, httpapi.WithCluster("prod", ""))
	default:
		ts.Fatalf("no such registry: %s", args[0])
	}
	server := httptest.NewServer(handler)
	ts.Defer(server.Close)
	ts.Setenv("REGISTRY", server.URL)
}

// plain has neither modes nor what is our own.
func plain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/schemactl/") || strings.HasPrefix(r.URL.Path, "/mode") {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error_code":404,"message":"HTTP 404 Not Found"}`)) // the client may have left
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ada is the one user.
type ada struct{}

func (ada) Allowed(name, password string) (httpapi.Access, bool) {
	return httpapi.AccessWrite, name == "ada" && password == "lovelace"
}
