package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// maxPoll bounds the records of one poll.
const maxPoll = 1000

// ConsumerConfig says what a Consumer needs. Instance and TopicPrefix may be
// empty.
type ConsumerConfig struct {
	Brokers []string
	Group   string
	// Instance makes the member static (see GroupOptions).
	Instance string
	// TopicPrefix stands in front of the topics of all routes.
	TopicPrefix string
	// Schemas gives the writers' schemas by id, such as registry/client does.
	Schemas codec.SchemaSource
	// Routes are made with On, one per event type.
	Routes []Route
}

// Consumer is a member of a consumer group that calls a handler per event. Make
// it with NewConsumer and run it once with Run. Stats may be called at any time
// from any goroutine.
type Consumer struct {
	cfg     ConsumerConfig
	opt     consumerConfig
	routes  map[string]map[string]*Route // by topic with prefix, by full name
	schemas *schemas
	ran     atomic.Bool
	fatal   chan error // the first reason to end Run
	stats   counters

	mu      sync.Mutex // guards workers
	workers map[partition]*worker
}

type partition struct {
	topic string
	id    int32
}

// NewConsumer checks the configuration; it does not connect.
//
// Records of a partition are handled one by one in order, partitions side by
// side. A handler's error is retried in place with a growing wait (WithRetry),
// which holds up its partition and nothing else, until it passes, Run ends or
// WithMaxAttempts is reached. A record of a type that no route names, and one
// without a value, is passed over and counted. A record that cannot be read ends
// Run (*RecordError); while only its schema cannot be fetched it is retried.
func NewConsumer(cfg ConsumerConfig, opts ...ConsumerOption) (*Consumer, error) {
	c := &Consumer{
		cfg: cfg,
		opt: consumerConfig{
			logger:   slog.New(slog.DiscardHandler),
			minRetry: 100 * time.Millisecond, maxRetry: 10 * time.Second,
			commitEvery: time.Second,
			stop:        10 * time.Second,
		},
		routes:  map[string]map[string]*Route{},
		fatal:   make(chan error, 1),
		workers: map[partition]*worker{},
	}
	for _, o := range opts {
		if err := o.applyConsumer(&c.opt); err != nil {
			return nil, err
		}
	}
	switch {
	case len(cfg.Brokers) == 0:
		return nil, errors.New("stream.NewConsumer: want at least one broker")
	case cfg.Group == "":
		return nil, errors.New("stream.NewConsumer: want a group")
	case cfg.Schemas == nil:
		return nil, errors.New("stream.NewConsumer: want a SchemaSource, such as registry/client")
	case len(cfg.Routes) == 0:
		return nil, errors.New("stream.NewConsumer: want at least one route (stream.On)")
	}
	for i := range cfg.Routes {
		if err := c.addRoute(&cfg.Routes[i]); err != nil {
			return nil, err
		}
	}
	c.schemas = newSchemas(cfg.Schemas)
	if err := kgo.ValidateOpts(c.groupOptions()...); err != nil {
		return nil, fmt.Errorf("stream.NewConsumer: %w", err)
	}
	return c, nil
}

func (c *Consumer) addRoute(r *Route) error {
	if r.schema == nil {
		return errors.New("stream.NewConsumer: a Route that was not made with stream.On")
	}
	topic := c.cfg.TopicPrefix + r.topic
	byName := c.routes[topic]
	if byName == nil {
		byName = map[string]*Route{}
		c.routes[topic] = byName
	}
	if byName[r.schema.Name()] != nil {
		return fmt.Errorf("stream.NewConsumer: two routes for %s on topic %s", r.schema.Name(), topic)
	}
	byName[r.schema.Name()] = r
	return nil
}

// Run joins the group and handles events until ctx ends; then it lets running
// handlers finish (WithStopTimeout), commits, and returns nil. A member without
// an instance name leaves the group, a static one keeps its place.
//
// It returns an error when no broker answers at the start (*BrokersError), and at
// what it cannot get past: *HandlerError, *RecordError, or a refusal of the
// brokers, also when that comes up while it stops. After ErrStuck a handler still
// runs although its partition is given up: end the process. A Consumer runs once.
func (c *Consumer) Run(ctx context.Context) error {
	if !c.ran.CompareAndSwap(false, true) {
		return ErrRunning
	}
	if err := c.ping(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	// Handlers end later than ctx, and with their partition.
	handlers, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	client, err := kgo.NewClient(append(c.groupOptions(),
		kgo.OnPartitionsAssigned(func(_ context.Context, cl *kgo.Client, m map[string][]int32) { c.assign(handlers, cl, m) }),
		kgo.OnPartitionsRevoked(func(ctx context.Context, cl *kgo.Client, m map[string][]int32) { c.revoke(ctx, cl, m) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, m map[string][]int32) { c.lose(m) }),
	)...)
	if err != nil {
		return fmt.Errorf("consumer group %s: %w", c.cfg.Group, err)
	}
	err = c.poll(ctx, client)
	c.stop(ctx, client)
	if err == nil {
		select {
		case err = <-c.fatal: // it came up while stopping
		default:
		}
	}
	return err
}

func (c *Consumer) groupOptions() []kgo.Opt {
	topics := make([]string, 0, len(c.routes))
	for topic := range c.routes {
		topics = append(topics, topic)
	}
	opts := append(ClientOptions(c.cfg.Brokers...), GroupOptions(c.cfg.Group, c.cfg.Instance)...)
	opts = append(opts, kgo.ConsumeTopics(topics...), kgo.AutoCommitInterval(c.opt.commitEvery))
	return append(opts, c.opt.kafka...)
}

// ping asks with a client of its own: one that is in a group takes its time to
// give up on brokers that never answered.
func (c *Consumer) ping(ctx context.Context) error {
	client, err := kgo.NewClient(append(ClientOptions(c.cfg.Brokers...), c.opt.kafka...)...)
	if err != nil {
		return fmt.Errorf("consumer group %s: %w", c.cfg.Group, err)
	}
	defer client.Close()
	return Ping(ctx, client)
}

// poll hands what is fetched to the workers until ctx ends (nil) or something
// fatal happens.
func (c *Consumer) poll(ctx context.Context, client *kgo.Client) error {
	polling, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		select {
		case err := <-c.fatal:
			failed <- err
			cancel()
		case <-polling.Done():
			close(failed)
		}
	}()
	for {
		fetches := client.PollRecords(polling, maxPoll)
		if polling.Err() != nil {
			client.AllowRebalance()
			cancel()
			return <-failed
		}
		fetches.EachError(func(topic string, id int32, err error) { c.fetchError(ctx, topic, id, err) })
		c.hand(ctx, client, fetches)
		client.AllowRebalance()
	}
}

// hand queues records for the workers of their partitions, and pauses those that
// cannot keep up.
func (c *Consumer) hand(ctx context.Context, client *kgo.Client, fetches kgo.Fetches) {
	var high []*worker
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		c.mu.Lock()
		w := c.workers[partition{p.Topic, p.Partition}]
		c.mu.Unlock()
		if w != nil && w.push(p.Records) {
			high = append(high, w)
		}
	})
	if len(high) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, w := range high {
		w.catchUp(ctx, client)
	}
}

// fail ends Run; the first reason counts.
func (c *Consumer) fail(err error) {
	select {
	case c.fatal <- err:
	default:
	}
}

// fetchError ends Run at what no retry of the client can mend, and logs the rest.
func (c *Consumer) fetchError(ctx context.Context, topic string, id int32, err error) {
	for _, hopeless := range []*kerr.Error{
		kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed, kerr.ClusterAuthorizationFailed,
		kerr.SaslAuthenticationFailed, kerr.InvalidGroupID, kerr.FencedInstanceID,
	} {
		if errors.Is(err, hopeless) {
			c.fail(fmt.Errorf("consumer group %s, instance %q, topic %q: %w", c.cfg.Group, c.cfg.Instance, topic, err))
			return
		}
	}
	c.opt.logger.WarnContext(ctx, "fetching failed and is tried again", "topic", topic, "partition", id, "error", err)
}
