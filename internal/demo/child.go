package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/schemactl/schemactl/examples/billing"
	"github.com/schemactl/schemactl/examples/messaging"
	"github.com/schemactl/schemactl/migrate"
)

// RunApp is one application's process: it reads its orders from in, says that
// it is ready, waits for the word to go, and runs until ctx or in ends. News go
// to out, the log to log.
func RunApp(ctx context.Context, name string, in io.Reader, out, log io.Writer) error {
	apps := map[string]func(context.Context, messaging.Config) error{messaging.Name: messaging.Run, billing.Name: billing.Run}
	run, ok := apps[name]
	if !ok {
		return fmt.Errorf("no application %q: want %s or %s", name, messaging.Name, billing.Name)
	}
	lines := bufio.NewScanner(in)
	var o orders
	if !lines.Scan() {
		return fmt.Errorf("application %s: no orders on standard input; it is started by the demo", name)
	}
	if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
		return fmt.Errorf("application %s: orders: %w", name, err)
	}
	say := speaker(out)
	say(news{Ready: true})
	if !lines.Scan() {
		return nil // the supervisor is gone
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for lines.Scan() { // ends with the supervisor
		}
		cancel()
	}()
	return run(ctx, messaging.Config{
		DatabaseURL: o.DatabaseURL, Brokers: o.Brokers, RegistryURL: o.RegistryURL, TopicPrefix: o.TopicPrefix,
		Logger:      slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})),
		OnMigrated:  func(*migrate.Result) { say(news{Migrated: true}) },
		OnListening: func(url string) { say(news{Listening: url}) },
		Faults:      faults(o.Fault, name),
	})
}

// speaker writes one JSON line per call, from any goroutine.
func speaker(out io.Writer) func(news) {
	var mu sync.Mutex
	enc := json.NewEncoder(out)
	return func(n news) {
		mu.Lock()
		defer mu.Unlock()
		// The supervisor is gone when this fails, and so will this process be.
		_ = enc.Encode(n)
	}
}
