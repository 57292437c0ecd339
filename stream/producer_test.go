package stream_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/stream"
)

func TestProducer(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		p, err := stream.NewProducer[ticket](t.Context(), b.client, &schemas{prefix: b.prefix}, stream.WithTopicPrefix(b.prefix))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Produce(t.Context(), &ticket{ID: 4, Version: 1, Note: "x"}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 99)
		for v := int64(2); v <= 100; v++ {
			p.Send(t.Context(), &ticket{ID: 4, Version: v}, func(err error) { done <- err })
		}
		for range 99 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		got := make(chan stream.Message[ticket], 100)
		_, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
			got <- m
			return nil
		})))
		seen := map[string]bool{}
		for v := int64(1); v <= 100; v++ {
			m := <-got
			if m.Event.Version != v || m.Sequence != v || string(m.Key) != "4" || m.Header(codec.HeaderType) != "test.Ticket" {
				t.Fatalf("message %+v, want version %d of ticket 4", m, v)
			}
			if len(m.ID) != 36 || seen[m.ID] {
				t.Errorf("id %q: want a UUID of its own", m.ID)
			}
			seen[m.ID] = true
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestProducerErrors(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	if _, err := stream.NewProducer[closed](t.Context(), b.client, &schemas{}); !errors.Is(err, registry.ErrSubjectNotFound) || !strings.Contains(err.Error(), `test.Closed (subject "tickets-value")`) {
		t.Errorf("error %v, want one that names type and subject", err)
	}
	if _, err := stream.NewProducer[ticket](t.Context(), nil, &schemas{}); err == nil {
		t.Error("no client: want an error")
	}
	if _, err := stream.NewProducer[ticket](t.Context(), b.client, &schemas{}, stream.WithSubjectNaming(nil)); err == nil || !strings.Contains(err.Error(), "WithSubjectNaming") {
		t.Errorf("error %v, want one that names the option", err)
	}
	p, err := stream.NewProducer[ticket](t.Context(), b.client, &schemas{prefix: b.prefix}, stream.WithTopicPrefix(b.prefix))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Produce(ctx, &ticket{}); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), b.topic()) {
		t.Errorf("error %v, want %v with the topic", err, context.Canceled)
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	if err := stream.Ping(t.Context(), b.client); err != nil {
		t.Error(err)
	}
	cl, err := kgo.NewClient(stream.ClientOptions("127.0.0.1:1", "127.0.0.1:2")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	err = stream.Ping(t.Context(), cl)
	var be *stream.BrokersError
	if !errors.As(err, &be) {
		t.Fatalf("error %v, want a *BrokersError", err)
	}
	if diff := cmp.Diff([]string{"127.0.0.1:1", "127.0.0.1:2"}, be.Brokers); diff != "" {
		t.Errorf("brokers (-want +got):\n%s", diff)
	}
}
