package bench_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/components/forwarder"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/twmb/franz-go/pkg/kgo"
)

// body is a JSON text of 200 bytes, as the rows of fillOutbox have.
func body(n int) []byte {
	text := fmt.Sprintf(`{"id":%d,"author":"%032x","text":"%032x","more":"`, n, n*7919, n*104729)
	return []byte(text + strings.Repeat(" lorem ipsum", 20)[:198-len(text)] + `"}`)
}

// watermill forwards by its SQL subscriber and Kafka publisher.
func (r *relaying) watermill(b *testing.B) []float64 {
	name := topic(b, r.client)
	pool, err := r.db.DB()
	check(b, err)
	check(b, r.db.Exec("DROP TABLE IF EXISTS watermill_outbox, watermill_offsets_outbox").Error)
	schema := wsql.DefaultPostgreSQLSchema{SubscribeBatchSize: relayBatch}
	in, err := wsql.NewPublisher(pool, wsql.PublisherConfig{SchemaAdapter: schema, AutoInitializeSchema: true}, nil)
	check(b, err)
	enveloping := forwarder.NewPublisher(in, forwarder.PublisherConfig{ForwarderTopic: "outbox"})
	for n := 0; n < r.few; n += relayBatch {
		msgs := make([]*message.Message, relayBatch)
		for i := range msgs {
			msgs[i] = message.NewMessage(watermill.NewUUID(), body(n+i))
		}
		check(b, enveloping.Publish(name, msgs...))
	}
	check(b, r.db.Exec("VACUUM ANALYZE watermill_outbox").Error)
	check(b, r.db.Exec("CHECKPOINT").Error)

	w := startWatch()
	sub, err := wsql.NewSubscriber(pool, wsql.SubscriberConfig{
		SchemaAdapter: schema, OffsetsAdapter: wsql.DefaultPostgreSQLOffsetsAdapter{}, InitializeSchema: true, PollInterval: 10 * time.Millisecond,
	}, nil)
	check(b, err)
	out, err := kafka.NewPublisher(kafka.PublisherConfig{Brokers: []string{r.broker}, Marshaler: kafka.DefaultMarshaler{}}, nil)
	check(b, err)
	f, err := forwarder.NewForwarder(sub, out, watermill.NopLogger{}, forwarder.Config{ForwarderTopic: "outbox", CloseTimeout: 10 * time.Second})
	check(b, err)
	ended := make(chan error, 1)
	go func() { ended <- f.Run(b.Context()) }()
	for records(b, r.client, name) < r.few {
		time.Sleep(5 * time.Millisecond)
	}
	figures := w.per(r.few)
	check(b, f.Close())
	check(b, <-ended)
	check(b, out.Close())
	r.finished(b, name, r.few)
	return figures
}

// publishArgs is the job of an event.
type publishArgs struct {
	Topic   string `json:"topic"`
	Key     string `json:"key"`
	Payload []byte `json:"payload"`
}

// Kind names the job for River.
func (publishArgs) Kind() string { return "publish" }

// publishWorker produces one event.
type publishWorker struct {
	river.WorkerDefaults[publishArgs]
	client *kgo.Client
	done   *atomic.Int64
}

// Work implements river.Worker.
func (w *publishWorker) Work(ctx context.Context, job *river.Job[publishArgs]) error {
	defer w.done.Add(1)
	return w.client.ProduceSync(ctx, &kgo.Record{Topic: job.Args.Topic, Key: []byte(job.Args.Key), Value: job.Args.Payload}).FirstErr()
}

// river has one job for each event and 2000 workers, the best of the numbers tried in an earlier comparison.
func (r *relaying) river(b *testing.B) []float64 {
	ctx, name := b.Context(), topic(b, r.client)
	pool, err := pgxpool.New(ctx, r.url)
	check(b, err)
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	check(b, err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	check(b, err)
	var done atomic.Int64
	workers := river.NewWorkers()
	river.AddWorker(workers, &publishWorker{client: r.client, done: &done})
	cl, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2000}},
		FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 100 * time.Millisecond,
	})
	check(b, err)
	riverFill(b, cl, pool, name, r.few)

	w := startWatch()
	check(b, cl.Start(ctx))
	for done.Load() < int64(r.few) {
		time.Sleep(time.Millisecond)
	}
	for left := 1; left > 0; {
		check(b, pool.QueryRow(ctx, "SELECT count(*) FROM river_job WHERE state <> 'completed'").Scan(&left))
	}
	figures := w.per(r.few)
	check(b, cl.Stop(ctx))
	r.finished(b, name, r.few)
	return figures
}

func riverFill(b *testing.B, cl *river.Client[pgx.Tx], pool *pgxpool.Pool, topic string, n int) {
	b.Helper()
	_, err := pool.Exec(b.Context(), "TRUNCATE river_job")
	check(b, err)
	for at := 0; at < n; at += relayBatch {
		jobs := make([]river.InsertManyParams, relayBatch)
		for i := range jobs {
			jobs[i].Args = publishArgs{Topic: topic, Key: fmt.Sprint((at + i) % 1000), Payload: body(at + i)}
		}
		_, err := cl.InsertManyFast(b.Context(), jobs)
		check(b, err)
	}
	_, err = pool.Exec(b.Context(), "VACUUM ANALYZE river_job")
	check(b, err)
	_, err = pool.Exec(b.Context(), "CHECKPOINT")
	check(b, err)
}
