package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/stream/deadletter"
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
	// Routes are made with On and OnBatch, one per event type, and OnRaw.
	Routes []Route
}

// Consumer is a member of a consumer group that calls a handler per event. Make
// it with NewConsumer and run it once with Run. Stats may be called at any time
// from any goroutine.
type Consumer struct {
	cfg     ConsumerConfig
	opt     consumerConfig
	routes  map[string]map[string]*Route // by topic with prefix, by full name
	raw     map[string]*Route            // by topic with prefix
	batches map[string]bool              // topics that have a route in batches
	handler Handler
	schemas *schemas
	ran     atomic.Bool
	fatal   chan error // the first reason to end Run
	stats   counters
	letters *letters      // nil without dead letters; set before the first worker
	orders  chan order    // for the goroutine that polls
	ended   chan struct{} // closed when it polls no more

	mu      sync.Mutex // guards what follows
	workers map[partition]*worker
	paused  map[partition]bool // by Pause; the partition -1 stands for the topic
}

type partition struct {
	topic string
	id    int32
}

// NewConsumer checks the configuration; it does not connect.
//
// Records of a partition are handled one by one in order (but see WithParallelism and
// OnBatch), partitions side by side. A handler's error is retried in place with a
// growing wait (WithRetry), which holds up its partition and nothing else, until it
// passes, Run ends or WithMaxAttempts is reached. A record of a type that no route
// names, and one without a value, is passed over and counted. A record that cannot be
// read, or is not handled in as many attempts, ends Run (*RecordError, *HandlerError)
// or becomes a dead letter (WithDeadLetters). While only its schema cannot be fetched
// it is retried.
func NewConsumer(cfg ConsumerConfig, opts ...ConsumerOption) (*Consumer, error) {
	c := &Consumer{
		cfg: cfg,
		opt: consumerConfig{
			logger:   slog.New(slog.DiscardHandler),
			minRetry: 100 * time.Millisecond, maxRetry: 10 * time.Second,
			commitEvery: time.Second,
			stop:        10 * time.Second,
			parallel:    1,
			maxAttempts: unset,
		},
		routes:  map[string]map[string]*Route{},
		raw:     map[string]*Route{},
		batches: map[string]bool{},
		fatal:   make(chan error, 1),
		orders:  make(chan order),
		ended:   make(chan struct{}),
		workers: map[partition]*worker{},
		paused:  map[partition]bool{},
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
	if err := c.settleOptions(); err != nil {
		return nil, err
	}
	c.schemas = newSchemas(cfg.Schemas)
	c.handler = chain(c.opt.middleware)
	if err := kgo.ValidateOpts(c.groupOptions()...); err != nil {
		return nil, fmt.Errorf("stream.NewConsumer: %w", err)
	}
	return c, nil
}

// unset is WithMaxAttempts that was not given; deadLetterAttempts stands for it where
// there are dead letters.
const (
	unset              = -1
	deadLetterAttempts = 10
)

func (c *Consumer) settleOptions() error {
	switch {
	case c.opt.manual && c.opt.parallel > 1:
		return errors.New("stream.NewConsumer: WithManualCommit and WithParallelism exclude each other")
	case c.opt.maxAttempts == unset && c.opt.deadLetters:
		c.opt.maxAttempts = deadLetterAttempts
	case c.opt.maxAttempts == unset:
		c.opt.maxAttempts = 0
	}
	if !c.opt.deadLetters {
		return nil
	}
	for topic := range c.routes {
		if err := deadletter.CheckName(deadletter.Topic(topic, c.cfg.Group)); err != nil {
			return fmt.Errorf("stream.NewConsumer: %w", err)
		}
	}
	return nil
}

func (c *Consumer) addRoute(r *Route) error {
	switch {
	case r.err != nil:
		return fmt.Errorf("stream.NewConsumer: %w", r.err)
	case r.call == nil:
		return errors.New("stream.NewConsumer: a Route that was not made with stream.On")
	}
	topic := c.cfg.TopicPrefix + r.topic
	byName := c.routes[topic]
	if byName == nil {
		byName = map[string]*Route{}
		c.routes[topic] = byName
	}
	if c.raw[topic] != nil || r.raw && len(byName) > 0 {
		return fmt.Errorf("stream.NewConsumer: topic %s has another route beside that of stream.OnRaw", topic)
	}
	if r.raw {
		c.raw[topic] = r
		return nil
	}
	if byName[r.schema.Name()] != nil {
		return fmt.Errorf("stream.NewConsumer: two routes for %s on topic %s", r.schema.Name(), topic)
	}
	byName[r.schema.Name()] = r
	if r.batch != nil {
		c.batches[topic] = true
	}
	return nil
}

// Run joins the group and handles events until ctx ends; then it lets running
// handlers finish (WithStopTimeout), commits, and returns nil. A member without
// an instance name leaves the group, a static one keeps its place.
//
// It returns an error when no broker answers at the start (*BrokersError), when a dead
// letter topic is missing and cannot be made (*deadletter.TopicError), and at what it
// cannot get past: *HandlerError, *RecordError, or a refusal of the
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
	if c.opt.deadLetters {
		letters, err := c.openLetters(ctx, handlers)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		c.letters = letters
		defer letters.close()
		defer cancel() // before it is waited for
	}
	client, err := kgo.NewClient(append(c.groupOptions(),
		kgo.OnPartitionsAssigned(func(_ context.Context, cl *kgo.Client, m map[string][]int32) { c.assign(handlers, cl, m) }),
		kgo.OnPartitionsRevoked(func(ctx context.Context, cl *kgo.Client, m map[string][]int32) { c.revoke(ctx, cl, m) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, m map[string][]int32) { c.lose(m) }),
	)...)
	if err != nil {
		return fmt.Errorf("consumer group %s: %w", c.cfg.Group, err)
	}
	flushing := c.flushMarks(handlers)
	err = c.poll(ctx, handlers, client)
	close(c.ended)
	c.stop(ctx, client)
	cancel()
	<-flushing
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

// poll hands what is fetched to the workers, and carries orders out between two
// polls, until ctx ends (nil) or something fatal happens.
func (c *Consumer) poll(ctx, handlers context.Context, client *kgo.Client) error {
	for {
		polling, cancel := context.WithCancel(ctx)
		woken := make(chan wake, 1)
		go func() {
			var w wake
			select {
			case w.err = <-c.fatal:
			case o := <-c.orders:
				w.order = &o
			case <-polling.Done():
			}
			cancel()
			woken <- w
		}()
		fetches := client.PollRecords(polling, maxPoll)
		if ctx.Err() == nil {
			fetches.EachError(func(topic string, id int32, err error) {
				if polling.Err() == nil || !errors.Is(err, context.Canceled) {
					c.fetchError(ctx, topic, id, err)
				}
			})
			c.hand(ctx, fetches)
		}
		cancel()
		w := <-woken
		if w.order != nil {
			w.order.done <- w.order.do(handlers, client)
		}
		client.AllowRebalance()
		if w.err != nil || ctx.Err() != nil {
			return w.err
		}
	}
}

// wake is why a poll was cut short.
type wake struct {
	err   error
	order *order
}

// flushMarks lets the client know in time for its commits what is finished, until ctx
// ends.
func (c *Consumer) flushMarks(ctx context.Context) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(min(c.opt.commitEvery, time.Second) / 4)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			c.mu.Lock()
			ws := slices.Collect(maps.Values(c.workers))
			c.mu.Unlock()
			for _, w := range ws {
				w.flush()
			}
		}
	}()
	return ended
}

// hand queues records for the workers of their partitions, and pauses those that
// cannot keep up.
func (c *Consumer) hand(ctx context.Context, fetches kgo.Fetches) {
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
		w.catchUp(ctx)
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
