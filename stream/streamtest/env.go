package streamtest

import (
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
	"github.com/schemactl/schemactl/stream"
)

// Env is a broker and a registry of one test, which end with it. Its methods end the
// test when something fails, so they are called from the test's own goroutine; those
// that make the broker fail may be called from any.
type Env struct {
	tb      testing.TB
	cfg     config
	cluster *kfake.Cluster
	links   *links
	network *kfake.VirtualNetwork // nil is the real one
	client  *kgo.Client
	schemas *client.Client
	reg     *registry.Registry
	serve   func() string // starts the registry's server at the first call
}

// New starts a broker and a registry for a test. Both listen on the loopback
// interface, at free ports.
func New(tb testing.TB, opts ...Option) *Env {
	tb.Helper()
	e := &Env{tb: tb, cfg: config{partitions: 4, timeout: 10 * time.Second}}
	for _, o := range opts {
		if err := o.apply(&e.cfg); err != nil {
			tb.Fatal(err)
		}
	}
	reg, err := registry.New(memory.New())
	if err != nil {
		tb.Fatalf("start the registry: %v", err)
	}
	e.reg = reg
	e.schemas = client.Local(reg, client.WithAutoRegister())
	e.serve = sync.OnceValue(func() string {
		server := httptest.NewServer(httpapi.NewHandler(reg))
		tb.Cleanup(server.Close)
		return server.URL
	})
	e.startBroker()
	return e
}

func (e *Env) startBroker() {
	e.tb.Helper()
	e.links = &links{}
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.DefaultNumPartitions(e.cfg.partitions),
		kfake.AllowAutoTopicCreation(),
		kfake.ListenFn(e.listen),
	}
	if e.cfg.virtual {
		e.network = &kfake.VirtualNetwork{}
		opts = append(opts, kfake.Ports(9092)) // the network is the test's own
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		e.tb.Fatalf("start the in-process broker: %v", err)
	}
	e.cluster = cluster
	e.tb.Cleanup(cluster.Close)
	// Whoever names a topic makes it, also a client that does not ask for that.
	cluster.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if m, ok := req.(*kmsg.MetadataRequest); ok {
			m.AllowAutoTopicCreation = true
		}
		return nil, nil, false
	})
	e.client = e.NewClient()
}

func (e *Env) listen(network, address string) (net.Listener, error) {
	listen := net.Listen
	if e.network != nil {
		listen = e.network.Listen
	}
	l, err := listen(network, address)
	if err != nil {
		return nil, err
	}
	return &listener{l, e.links}, nil
}

// Brokers are the addresses of the broker.
func (e *Env) Brokers() []string { return e.cluster.ListenAddrs() }

// KafkaOptions are what every client of the broker needs beside its address:
// stream.WithKafkaOptions(env.KafkaOptions()...). Without WithVirtualTime there are
// none; with it they also have fetches wait for 10 s, and groups notice a lost member
// after 5 min.
func (e *Env) KafkaOptions() []kgo.Opt {
	if e.network == nil {
		return nil
	}
	// Fewer rounds between client and broker make the same hours shorter.
	return []kgo.Opt{
		kgo.Dialer(e.network.DialContext), kgo.FetchMaxWait(10 * time.Second),
		kgo.SessionTimeout(5 * time.Minute), kgo.HeartbeatInterval(time.Minute),
	}
}

// NewClient makes a client as the application has one (stream.ClientOptions), for
// stream.NewProducer or relay.New. It is closed when the test ends.
func (e *Env) NewClient(opts ...kgo.Opt) *kgo.Client {
	e.tb.Helper()
	all := append(stream.ClientOptions(e.Brokers()...), e.KafkaOptions()...)
	cl, err := kgo.NewClient(append(all, opts...)...)
	if err != nil {
		e.tb.Fatalf("client of the in-process broker: %v", err)
	}
	e.tb.Cleanup(cl.Close)
	return cl
}

// Registry is the registry's client, a codec.IDSource and a codec.SchemaSource. A
// schema that a subject does not have is registered when its id is asked for; one
// that is not compatible with what is there is an error, as in production.
func (e *Env) Registry() *client.Client { return e.schemas }

// RegistryURL serves the registry over HTTP, for an application that makes its own
// client: with client.WithAutoRegister, where no one has registered its schemas. It is
// not to be had under WithVirtualTime.
func (e *Env) RegistryURL() string {
	e.tb.Helper()
	if e.network != nil {
		e.tb.Fatal("streamtest: there is no HTTP under virtual time: use Env.Registry")
	}
	return e.serve()
}

// TopicPrefix is what WithTopicPrefix gave.
func (e *Env) TopicPrefix() string { return e.cfg.prefix }

// ConsumerConfig is what stream.NewConsumer needs. Use it with
// stream.WithKafkaOptions(env.KafkaOptions()...) under virtual time.
func (e *Env) ConsumerConfig(group string, routes ...stream.Route) stream.ConsumerConfig {
	return stream.ConsumerConfig{
		Brokers: e.Brokers(), Group: group, TopicPrefix: e.cfg.prefix,
		Schemas: codec.SchemaSource(e.schemas), Routes: routes,
	}
}

// Cluster is the broker itself, for what this package has no call for: kfake's
// control functions, faults, groups and partitions. Its API changes with kfake.
func (e *Env) Cluster() *kfake.Cluster { return e.cluster }
