//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
)

const (
	exitFailure = 1
	exitUsage   = 2
)

// What -need names beside servers, for tests to work with: Apache Avro for Java and
// for Python; the clients of others for schema registries, and Debezium.
const (
	avro    = "avro"
	clients = "clients"
)

type options struct {
	need    []server.Part
	avro    bool
	clients bool
	install bool
	require bool
	command []string
}

func main() {
	// The command is told to die with the thread that starts it: keep that one.
	runtime.LockOSThread()
	os.Exit(run(os.Args[1:], os.Stderr))
}

func run(args []string, stderr io.Writer) int {
	opts, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "testenv: %v\n", err)
		return exitUsage
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go endWithStarter(ctx, signals)

	say := &printer{w: stderr}
	env, stop, err := provide(ctx, cancel, signals, opts, say)
	defer stop()
	if sig, ok := errors.AsType[*signalError](err); ok {
		return sig.code()
	}
	if err != nil {
		say.line("%v", err)
		return exitFailure
	}
	code, err := runCommand(opts.command, env, signals)
	if err != nil {
		say.line("%v", err)
		return exitFailure
	}
	return code
}

func parse(args []string, stderr io.Writer) (options, error) {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: go run ./internal/testenv/run [flags] -- COMMAND [ARGUMENTS]")
		flags.PrintDefaults()
	}
	all := make([]string, 0, len(server.Parts())+2)
	for _, p := range server.Parts() {
		all = append(all, string(p))
	}
	all = append(all, avro, clients)
	need := flags.String("need", strings.Join(all, ","), "the parts to provide, separated by commas")
	install := flags.Bool("install", true, "install what is missing, where that needs no password")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	opts := options{install: *install, require: os.Getenv(testenv.RequireVariable) == "1", command: flags.Args()}
	for name := range strings.SplitSeq(*need, ",") {
		if name == "" {
			continue
		}
		if !slices.Contains(all, name) {
			return options{}, fmt.Errorf("-need: unknown part %q: want %s", name, strings.Join(all, ", "))
		}
		switch name {
		case avro:
			opts.avro = true
		case clients:
			opts.clients = true
		default:
			opts.need = append(opts.need, server.Part(name))
		}
	}
	if len(opts.command) == 0 {
		return options{}, errors.New("no command: run [flags] -- COMMAND [ARGUMENTS]")
	}
	return opts, nil
}

// provide starts the servers and returns the environment that names them. stop
// must be called in any case. A signal cancels ctx and is returned as an error.
func provide(ctx context.Context, cancel context.CancelFunc, signals <-chan os.Signal, opts options, say *printer) (env []string, stop func(), err error) {
	type outcome struct {
		env  []string
		stop func()
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.env, o.stop, o.err = startAll(ctx, opts, say)
		done <- o
	}()
	select {
	case o := <-done:
		return o.env, o.stop, o.err
	case sig := <-signals:
		cancel()
		o := <-done
		return nil, o.stop, &signalError{sig: sig}
	}
}

func startAll(ctx context.Context, opts options, say *printer) (env []string, stop func(), err error) {
	var want []server.Part
	for _, p := range opts.need {
		if os.Getenv(p.Variable()) != "" {
			say.line("%s: %s is set, none is started", p, p.Variable())
			continue
		}
		want = append(want, p)
	}
	if opts.install {
		install(ctx, want, opts, say)
	}
	servers, err := startParts(ctx, want, opts.require, say)
	stop = func() {
		var wg sync.WaitGroup
		for _, s := range servers {
			wg.Go(func() {
				if err := s.Stop(); err != nil {
					say.line("%v", err)
				}
			})
		}
		wg.Wait()
	}
	env = os.Environ()
	for _, s := range servers {
		env = append(env, s.Part.Variable()+"="+s.Value)
	}
	return env, stop, err
}

// startParts starts them at the same time. It returns those that run, also with
// an error. A server that does not come up is always an error, one that this
// machine has not only when it is required.
func startParts(ctx context.Context, parts []server.Part, require bool, say *printer) ([]*server.Server, error) {
	var (
		mu      sync.Mutex // guards servers and errs
		servers []*server.Server
		errs    []error
		wg      sync.WaitGroup
	)
	for _, p := range parts {
		wg.Go(func() {
			begin := time.Now()
			s, err := server.Start(ctx, p)
			_, lacking := errors.AsType[*server.UnavailableError](err)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				servers = append(servers, s)
				say.line("%s: ready after %.1f s, from %s", p, time.Since(begin).Seconds(), s.From)
			case lacking && !require:
				say.line("%s: left out, its tests are skipped: %v", p, err)
			default:
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	return servers, errors.Join(errs...)
}

// printer writes whole lines from several goroutines.
type printer struct {
	mu sync.Mutex
	w  io.Writer
}

func (p *printer) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, "testenv: "+format+"\n", args...)
}
