package kafkastore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
)

// noise is text of that many characters beyond U+FFFF, which cannot be compressed.
func noise(chars int) string {
	random := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	for range chars {
		b.WriteRune(0x10000 + random.Int32N(0xf0000))
	}
	return b.String()
}

func documented(doc string) registry.Schema {
	return registry.Schema{Text: fmt.Sprintf(`{"type":"record","name":"R","doc":"%s","fields":[]}`, doc)}
}

// A topic that another registry made has less room than one of ours. What has none is
// refused as too large; a long text that can be compressed has.
func TestTopicWithLessRoom(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		createTopic(t, brokers, topic, 1, map[string]string{"cleanup.policy": "compact", "max.message.bytes": "524288"})
		s := newStore(t, brokers, topic)
		reg := newRegistry(t, s)
		_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "be", Schema: documented(noise(250_000))})
		if !errors.Is(err, registry.ErrSchemaTooLarge) || !strings.Contains(err.Error(), "the most is") {
			t.Errorf("random text: %v", err)
		}
		change := registry.ConfigChange{Set: registry.Config{DefaultMetadata: &registry.Metadata{Properties: map[string]string{"a": noise(250_000)}}}}
		if _, err := reg.SetConfig(t.Context(), "cc", change); !errors.Is(err, registry.ErrSchemaTooLarge) {
			t.Errorf("config: %v", err)
		}
		if _, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "be", Schema: documented(strings.Repeat("ab", 400<<10))}); err != nil {
			t.Errorf("text that can be compressed: %v", err)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
	})
}

// Many small records of one change go into as many batches as the topic has room for.
func TestSmallBatches(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		createTopic(t, brokers, topic, 1, map[string]string{"cleanup.policy": "compact", "max.message.bytes": "8192"})
		s := newStore(t, brokers, topic)
		err := s.Update(t.Context(), func(tx registry.Tx) error {
			for i := range 500 {
				if err := tx.SetMode(t.Context(), fmt.Sprint("subject-", i), registry.ModeReadOnly); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// The broker's limit may be lowered under a store that knows the former one: only who
// is above it is refused.
func TestLimitLowered(t *testing.T) {
	t.Parallel()
	brokers, topic := testenv.Kafka(t), testenv.TopicPrefix(t)+"schemas"
	s := newStore(t, brokers, topic)
	reg := newRegistry(t, s)
	limit := "65536"
	alter := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &limit}}
	if _, err := kadm.NewClient(client(t, brokers)).AlterTopicConfigs(t.Context(), alter, topic); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if i%10 != 0 {
				register(t, reg, fmt.Sprint("s", i), i)
				return
			}
			_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "be", Schema: documented(noise(50_000 + i))})
			if !errors.Is(err, registry.ErrSchemaTooLarge) {
				t.Errorf("large text: %v", err)
			}
		})
	}
	wg.Wait()
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
}
