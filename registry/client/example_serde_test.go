package client_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// Example_serde gives franz-go's Serde the ids that the client knows. Generated
// types bring the encoding along.
func Example_serde() {
	ctx := context.Background()
	reg, err := registry.New(memory.New())
	if err != nil {
		panic(err)
	}
	c := client.Local(reg, client.WithAutoRegister()) // or client.New("http://…")

	serde := sr.NewSerde()
	for _, event := range events.AvroEvents() {
		subject := codec.TopicRecordName(event.EventTopic(), event.AvroSchema())
		id, err := c.ID(ctx, subject, event.AvroSchema())
		if err != nil {
			panic(err)
		}
		serde.Register(int(id), event,
			sr.AppendEncodeFn(func(dst []byte, v any) ([]byte, error) { return v.(codec.Record).AppendAvro(dst) }),
			sr.DecodeFn(func(src []byte, v any) error { return v.(codec.Record).UnmarshalAvro(src) }))
	}

	value, err := serde.Encode(&events.MessageDelivered{MessageID: 1, Version: 2, Recipient: events.AccountRef{DisplayName: "Ada"}})
	if err != nil {
		panic(err)
	}
	var got events.MessageDelivered
	if err := serde.Decode(value, &got); err != nil {
		panic(err)
	}
	fmt.Printf("%d %s %d\n", value[:5], got.Recipient.DisplayName, got.Version)
	// Output: [0 0 0 0 3] Ada 2
}
