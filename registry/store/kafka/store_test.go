package kafkastore_test

import (
	"log/slog"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	kafkastore "github.com/schemactl/schemactl/registry/store/kafka"
	"github.com/schemactl/schemactl/registry/storetest"
)

// testLog writes what a store logs to the log of its test.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(string(p))
	return len(p), nil
}

func logger(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func newStore(t *testing.T, brokers []string, topic string, opts ...kafkastore.Option) *kafkastore.Store {
	t.Helper()
	s, err := kafkastore.New(t.Context(), brokers, topic, append([]kafkastore.Option{kafkastore.WithLogger(logger(t))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// clusters runs a test on a broker in the process and on a real one, as parallel
// subtests, each with the name of a topic that is not there yet.
func clusters(t *testing.T, run func(t *testing.T, brokers []string, topic string)) {
	t.Helper()
	for _, kind := range []struct {
		name    string
		brokers func(testing.TB) []string
	}{{"kfake", testenv.KFake}, {"kafka", testenv.Kafka}} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			run(t, kind.brokers(t), testenv.TopicPrefix(t)+"schemas")
		})
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, _ string) {
		storetest.Run(t, func(t *testing.T) registry.Store {
			return newStore(t, brokers, testenv.TopicPrefix(t)+"schemas")
		})
		storetest.RunShared(t, func(t *testing.T) (a, b registry.Store) {
			topic := testenv.TopicPrefix(t) + "schemas"
			return newStore(t, brokers, topic), newStore(t, brokers, topic)
		})
	})
}
