package devbroker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/stream"
)

// Config says what a Broker needs.
type Config struct {
	// Dir is the folder of its records; it is made when it is missing.
	Dir string
	// Listen is host:port; port 0 takes a free one.
	Listen string
	// Advertise is host:port under which clients reach it, when that is another.
	Advertise string
	// Fsync has every batch on the disk before it is acknowledged. Without it a
	// crash of the machine, not one of the process, can take the last of them.
	Fsync bool
	// Partitions is how many a topic gets that does not say.
	Partitions int
	// Retention is how long records of topics are kept that do not say; 0 is for ever.
	Retention time.Duration
	// AutoCreate makes topics that a client names and that are not there.
	AutoCreate bool
	Logger     *slog.Logger
}

// Broker serves until it is closed.
type Broker struct {
	cfg     Config
	cluster *kfake.Cluster
	client  *kgo.Client
	lock    *os.File
	address string // that clients are told
	local   string // where it listens
	stop    context.CancelFunc
	swept   sync.WaitGroup
}

// ErrInUse says that another process serves the folder.
var ErrInUse = errors.New("another broker has the folder open")

// Open takes the folder and serves what is in it. ctx bounds the start only.
func Open(ctx context.Context, cfg Config) (*Broker, error) {
	b := &Broker{cfg: cfg}
	if err := b.take(); err != nil {
		return nil, err
	}
	if err := b.serve(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// take locks the folder: the broker itself lets two processes write to one without
// a word.
func (b *Broker) take() error {
	if err := os.MkdirAll(b.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("folder of the broker: %w", err)
	}
	dir, err := filepath.EvalSymlinks(b.cfg.Dir) // one folder, one lock
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return fmt.Errorf("folder of the broker: %w", err)
	}
	b.cfg.Dir = dir
	b.lock, err = dblock.File(dir + ".lock")
	if errors.Is(err, dblock.ErrHeld) {
		return fmt.Errorf("%w: %s%s: stop that one first, or take another folder", ErrInUse, dir, holder(dir))
	}
	if err != nil {
		return fmt.Errorf("lock the folder of the broker: %w", err)
	}
	return nil
}

// holder is what the one who has the lock has written down.
func holder(dir string) string {
	f, err := os.Open(dir + ".lock")
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, 200))
	if err != nil || len(text) == 0 {
		return ""
	}
	return " (" + strings.TrimSpace(string(text)) + ")"
}

func (b *Broker) serve(ctx context.Context) error {
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ClusterID("schemactl-dev"),
		kfake.DataDir(b.cfg.Dir),
		kfake.DefaultNumPartitions(b.cfg.Partitions),
		kfake.WithLogger(logger{b.cfg.Logger}),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) { return b.listen(ctx, network) }),
		// The broker's own retention would empty compacted topics too: ours, in
		// sweep, does not. Compaction runs once a minute.
		kfake.BrokerConfigs(map[string]string{"log.retention.ms": "-1", "log.cleaner.backoff.ms": "60000"}),
	}
	if b.cfg.Fsync {
		opts = append(opts, kfake.SyncWrites())
	}
	if b.cfg.AutoCreate {
		opts = append(opts, kfake.AllowAutoTopicCreation())
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return fmt.Errorf("start the broker on %s with the folder %s: %w", b.cfg.Listen, b.cfg.Dir, err)
	}
	b.cluster = cluster
	b.address = cluster.ListenAddrs()[0]
	note := fmt.Sprintf("process %d, at %s", os.Getpid(), b.address)
	if err := errors.Join(b.lock.Truncate(0), write(b.lock, note)); err != nil {
		return fmt.Errorf("lock the folder of the broker: %w", err)
	}
	return nil
}

func write(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text+"\n"), 0)
	return err
}

// listen shows clients the address by which they can reach it.
func (b *Broker) listen(ctx context.Context, network string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, network, b.cfg.Listen)
	if err != nil {
		return nil, err
	}
	b.local = l.Addr().String()
	if b.cfg.Advertise == "" {
		return l, nil
	}
	return &advertised{l, address(b.cfg.Advertise)}, nil
}

type advertised struct {
	net.Listener
	at address
}

func (a *advertised) Addr() net.Addr { return a.at }

type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

// Address is the host:port that clients are told.
func (b *Broker) Address() string { return b.address }

// Client reaches the broker from this process. The broker closes it.
func (b *Broker) Client() (*kgo.Client, error) {
	if b.client != nil {
		return b.client, nil
	}
	host, port, err := net.SplitHostPort(b.local)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	// Whatever clients are told, this process knows the way.
	opts := append(stream.ClientOptions(b.address), kgo.Dialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(host, port))
	}))
	b.client, err = kgo.NewClient(opts...)
	return b.client, err
}

// Close ends the broker and gives the folder free. What was acknowledged is in it.
func (b *Broker) Close() error {
	if b.stop != nil {
		b.stop()
		b.swept.Wait()
	}
	if b.client != nil {
		b.client.Close()
	}
	if b.cluster != nil {
		b.cluster.Close()
	}
	if b.lock == nil {
		return nil
	}
	return errors.Join(b.lock.Truncate(0), b.lock.Close())
}

// logger writes what the broker says of failures; its chatter is left out.
type logger struct{ to *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	if l.to == nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	switch level {
	case kfake.LogLevelError:
		l.to.Error("broker", "message", text)
	case kfake.LogLevelWarn:
		l.to.Warn("broker", "message", text)
	default:
	}
}
