package test_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/stream"
)

// The embedded broker is killed at any moment while it is written to, round by round
// on one folder. Every record that it has acknowledged is there after each kill.
func TestSoakKilledBroker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/records"
	acknowledged := map[string]bool{}
	for round := range registryRounds() + 1 {
		b, address := startBroker(t, dir)
		checkRecords(t, address, acknowledged)
		loadUntilKilled(t, b, address, round, acknowledged)
		<-b.exited
	}
	b, address := startBroker(t, dir)
	checkRecords(t, address, acknowledged)
	if code := b.interrupt(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C:\n%s", code, b.said())
	}
	t.Logf("%d records were acknowledged", len(acknowledged))
}

func startBroker(t *testing.T, dir string) (b *running, address string) {
	t.Helper()
	p := schemactl(t, "broker", "serve", "--data", dir, "--listen", "127.0.0.1:0")
	b = p.start(t)
	b.after(t, "topics    ")
	return b, "127.0.0.1:" + b.after(t, "brokers   127.0.0.1:")
}

// loadUntilKilled writes from several goroutines and kills the broker at a random
// count of acknowledgements.
func loadUntilKilled(t *testing.T, b *running, address string, round int, acknowledged map[string]bool) {
	t.Helper()
	client, err := kgo.NewClient(append(stream.ClientOptions(address), kgo.DefaultProduceTopic("load"), kgo.DisableClientMetrics())...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if round == 0 {
		if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 4, 1, nil, "load"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	// A record whose fate is open is given up with its client alone.
	context.AfterFunc(ctx, client.Close)
	killAt := 50 + rand.Int64N(350)
	var count atomic.Int64
	var mu sync.Mutex // guards acknowledged
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				text := fmt.Sprintf("%d/%d/%d", round, w, i)
				if client.ProduceSync(ctx, kgo.StringRecord(text)).FirstErr() != nil {
					return
				}
				mu.Lock()
				acknowledged[text] = true
				mu.Unlock()
				if count.Add(1) == killAt {
					if err := b.cmd.Process.Kill(); err != nil {
						t.Error(err)
					}
					cancel()
				}
			}
		})
	}
	writers.Wait()
	if n := count.Load(); n < killAt {
		t.Fatalf("only %d records were written:\n%s", n, b.said())
	}
}

// checkRecords reads the topic from its start.
func checkRecords(t *testing.T, address string, acknowledged map[string]bool) {
	t.Helper()
	if len(acknowledged) == 0 {
		return
	}
	client, err := kgo.NewClient(append(stream.ClientOptions(address), kgo.ConsumeTopics("load"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	missing := map[string]bool{}
	for text := range acknowledged {
		missing[text] = true
	}
	for len(missing) > 0 && ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) { delete(missing, string(r.Value)) })
	}
	if len(missing) > 0 {
		t.Fatalf("%d of %d acknowledged records are lost", len(missing), len(acknowledged))
	}
}
