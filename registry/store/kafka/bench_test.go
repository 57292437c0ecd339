package kafkastore_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	kafkastore "github.com/schemactl/schemactl/registry/store/kafka"
)

// event is the text of a record of 20 fields, some 1.4 KB.
func event(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"record","name":"Event%d","namespace":"shop.events","fields":[`, n)
	for i := range 20 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"field%d","type":["null","string"],"default":null}`, i)
	}
	b.WriteString("]}")
	return b.String()
}

// BenchmarkReplay opens a store on a topic of many schemas: SCHEMAS of them, 50,000
// if that is not set.
func BenchmarkReplay(b *testing.B) {
	n := 50_000
	if text := os.Getenv("SCHEMAS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	brokers, topic := testenv.Kafka(b), testenv.TopicPrefix(b)+"schemas"
	cl, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.UnknownTopicRetries(20))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	policy := "compact"
	if _, err := kadm.NewClient(cl).CreateTopic(b.Context(), 1, 1, map[string]*string{"cleanup.policy": &policy}, topic); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		subject := fmt.Sprintf("subject-%d-value", i)
		cl.Produce(b.Context(), &kgo.Record{
			Key:   fmt.Appendf(nil, `{"keytype":"SCHEMA","subject":%q,"version":1,"magic":1}`, subject),
			Value: fmt.Appendf(nil, `{"subject":%q,"version":1,"id":%d,"schemaType":"AVRO","schema":%q,"deleted":false}`, subject, i+1, event(i)),
		}, func(_ *kgo.Record, err error) {
			if err != nil {
				b.Error(err)
			}
		})
	}
	if err := cl.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s, err := kafkastore.New(b.Context(), brokers, topic)
		if err != nil {
			b.Fatal(err)
		}
		if id, err := s.LastID(b.Context(), registry.DefaultContext); err != nil || int(id) != n {
			b.Fatalf("last id %d, %v", id, err)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkRegister has 16 callers register new subjects, over one replica and over
// three that take turns.
func BenchmarkRegister(b *testing.B) {
	for _, replicas := range []int{1, 3} {
		b.Run(fmt.Sprintf("replicas=%d", replicas), func(b *testing.B) {
			brokers, topic := testenv.Kafka(b), testenv.TopicPrefix(b)+"schemas"
			var regs []*registry.Registry
			for range replicas {
				s, err := kafkastore.New(b.Context(), brokers, topic)
				if err != nil {
					b.Fatal(err)
				}
				defer func() {
					if err := s.Close(); err != nil {
						b.Error(err)
					}
				}()
				reg, err := registry.New(s)
				if err != nil {
					b.Fatal(err)
				}
				regs = append(regs, reg)
			}
			work := make(chan int)
			done := make(chan error, 16)
			for i := range 16 {
				go func() {
					var failed error
					for n := range work {
						_, err := regs[(i+n)%replicas].Register(b.Context(), registry.RegisterRequest{
							Subject: fmt.Sprint("s", n), Schema: registry.Schema{Text: event(n)},
						})
						if err != nil {
							failed = err
						}
					}
					done <- failed
				}()
			}
			start, n := time.Now(), 0
			for b.Loop() {
				work <- n
				n++
			}
			close(work)
			for range 16 {
				if err := <-done; err != nil {
					b.Error(err)
				}
			}
			b.ReportMetric(float64(n)/time.Since(start).Seconds(), "registrations/s")
		})
	}
}
