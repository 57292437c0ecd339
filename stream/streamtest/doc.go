// Package streamtest gives tests of applications a Kafka broker and a schema
// registry in the test's own process, for outbox.New, stream.NewProducer and
// stream.NewConsumer:
//
//	func TestOrderIsPublished(t *testing.T) {
//		env := streamtest.New(t)
//		// ... db is the application's database, with its outbox:
//		// outbox.New(ctx, env.Registry(), events.AvroEvents())
//		placeOrder(db)
//		env.Relay(db)
//		orders := streamtest.Published[events.OrderPlaced](env, 1)
//		...
//	}
//
// Topics and schemas come to be when they are first used. [Env.Fail], [Env.LoseAcks]
// and [Env.Down] make the broker fail. With [WithVirtualTime] a test in a bubble of
// testing/synctest has hours of waiting pass at once.
//
// The broker is franz-go's kfake: it behaves as Kafka does but for what needs several
// real brokers. What depends on that is better tested on Apache Kafka too.
package streamtest
