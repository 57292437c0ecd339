package stream_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/stream"
)

// An event is produced and consumed over a broker in process.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "tickets"))
	if err != nil {
		panic(err)
	}
	defer cluster.Close()
	registry := &schemas{} // registry/client in an application

	client, err := kgo.NewClient(stream.ClientOptions(cluster.ListenAddrs()...)...)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	tickets, err := stream.NewProducer[ticket](ctx, client, registry)
	if err != nil {
		panic(err)
	}
	if err := tickets.Produce(ctx, &ticket{ID: 1, Version: 1, Note: "the lamp is broken"}); err != nil {
		panic(err)
	}

	consumer, err := stream.NewConsumer(stream.ConsumerConfig{
		Brokers: cluster.ListenAddrs(),
		Group:   "desk",
		Schemas: registry,
		Routes: []stream.Route{
			stream.On(func(_ context.Context, m stream.Message[ticket]) error {
				fmt.Printf("ticket %d: %s\n", m.Event.ID, m.Event.Note)
				stop()
				return nil
			}),
		},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("ended:", consumer.Run(ctx))
	// Output:
	// ticket 1: the lamp is broken
	// ended: <nil>
}
