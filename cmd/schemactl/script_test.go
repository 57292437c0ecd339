package main

import (
	"errors"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"schemactl": main})
}

// TestScripts runs the command line as a user does. `exits CODE PROGRAM ARGS`
// checks the exit code, `registry` starts one and sets REGISTRY to its URL.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"registry": startRegistry,
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

func startRegistry(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: registry")
	}
	reg, err := registry.New(memory.New())
	ts.Check(err)
	server := httptest.NewServer(httpapi.NewHandler(reg))
	ts.Defer(server.Close)
	ts.Setenv("REGISTRY", server.URL)
}
