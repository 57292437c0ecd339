package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/internal/devbroker"
	kafkatopics "github.com/schemactl/schemactl/stream/topics"
)

type brokerOptions struct {
	cfg    devbroker.Config
	prefix string
}

func newBrokerCommand(env *Env) *cobra.Command {
	return group("broker", "Serve an embedded Kafka broker for development",
		"A broker that speaks Kafka's protocol, in this one binary and with its records in a\nfolder. It is for development and tests: one node, one copy, no sign-in.",
		newBrokerServeCommand(env))
}

func newBrokerServeCommand(env *Env) *cobra.Command {
	o := &brokerOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the broker until SIGINT or SIGTERM",
		Long: `Serves Kafka's protocol (topics, groups, transactions, compaction) for development.
The address that clients use is the first line of standard output, once it is ready;
the rest goes to standard error.

The topics of schemactl.yaml and of the binary's project are made at the start, with
one copy each; 'help topic' has their form. Other topics have to be made, unless
--auto-create is given.

What is acknowledged is in the folder, and there after a kill -9; without --fsync a
crash of the machine can take the last of it. A folder has one broker at a time.`,
		Example: `  schemactl broker serve --data .broker
  schemactl broker serve --data .broker --listen 127.0.0.1:0 --fsync=false --retention 24h
  schemactl broker serve --data /data --listen 0.0.0.0:9092 --advertise broker:9092`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	f := cmd.Flags()
	f.StringVar(&o.cfg.Dir, "data", "", "folder of the records; made when it is missing")
	f.StringVar(&o.cfg.Listen, "listen", "127.0.0.1:9092", "address to listen on; port 0 takes a free one")
	f.StringVar(&o.cfg.Advertise, "advertise", "", "address that clients are told (`HOST:PORT`), when they reach it by another than --listen")
	f.BoolVar(&o.cfg.Fsync, "fsync", true, "have every batch on the disk before it is acknowledged")
	f.IntVar(&o.cfg.Partitions, "partitions", 6, "how many partitions a topic gets that does not say")
	f.DurationVar(&o.cfg.Retention, "retention", 7*24*time.Hour, "how long records are kept of topics that do not say and are not compacted; 0 is for ever")
	f.BoolVar(&o.cfg.AutoCreate, "auto-create", false, "make topics that clients name and that are not there")
	f.StringVar(&o.prefix, "topic-prefix", "", "what a deployment puts in front of every topic")
	return cmd
}

func (o *brokerOptions) check() (exposed bool, err error) {
	if o.cfg.Dir == "" {
		return false, Usagef("no folder for the records: give --data")
	}
	if err := checkAddress(o.cfg.Listen); err != nil {
		return false, err
	}
	if o.cfg.Partitions < 1 || o.cfg.Partitions > 1000 {
		return false, Usagef("--partitions %d: want 1 to 1000", o.cfg.Partitions)
	}
	if o.cfg.Retention < 0 {
		return false, Usagef("--retention %s: want 0 or more", o.cfg.Retention)
	}
	host, _, _ := net.SplitHostPort(o.cfg.Listen) // checked above
	ip := net.ParseIP(host)
	everywhere := host == "" || ip != nil && ip.IsUnspecified()
	if everywhere && o.cfg.Advertise == "" {
		return false, Usagef("--listen %s takes every address: say by --advertise HOST:PORT which one clients reach it by", o.cfg.Listen)
	}
	if o.cfg.Advertise != "" {
		host, port, err := net.SplitHostPort(o.cfg.Advertise)
		if err != nil || host == "" || port == "" || port == "0" {
			return false, Usagef("--advertise %q: want host:port, such as broker:9092", o.cfg.Advertise)
		}
	}
	return everywhere || host != "localhost" && (ip == nil || !ip.IsLoopback()), nil
}

func (o *brokerOptions) run(ctx context.Context, env *Env) (err error) {
	exposed, err := o.check()
	if err != nil {
		return err
	}
	list, err := env.declaredTopics()
	if err != nil {
		return err
	}
	list = kafkatopics.WithPrefix(o.prefix, list)
	for i := range list {
		list[i].ReplicationFactor = 0 // there is one broker
	}
	if err := kafkatopics.Validate(list); err != nil {
		return &UsageError{err: err}
	}
	o.cfg.Logger = slog.New(slog.NewTextHandler(env.Err, nil))
	b, err := devbroker.Open(ctx, o.cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := o.makeTopics(ctx, env, b, list); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop
		}
		return err
	}
	if err := b.Sweep(ctx); err != nil {
		return err
	}
	o.banner(env, b, len(list), exposed)
	if _, err := fmt.Fprintln(env.Out, b.Address()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// makeTopics goes on where a topic cannot be as it is declared: the broker's data are
// older than the declaration.
func (o *brokerOptions) makeTopics(ctx context.Context, env *Env, b *devbroker.Broker, list []kafkatopics.Topic) error {
	client, err := b.Client()
	if err != nil || len(list) == 0 {
		return err
	}
	results, err := kafkatopics.Apply(ctx, client, kafkatopics.ApplyRequest{Topics: list})
	if err != nil {
		return fmt.Errorf("make the declared topics: %w", err)
	}
	for _, r := range results {
		what := string(r.Kind)
		if r.Key != "" {
			what = r.Key
		}
		switch r.Outcome {
		case kafkatopics.Failed:
			return fmt.Errorf("topic %s: %s: %w", r.Topic, what, r.Err)
		case kafkatopics.HeldBack, kafkatopics.Left:
			fmt.Fprintf(env.Err, "%s: topic %s has %s %s, declared are %s: %s\n", env.Project.Name, r.Topic, r.From, what, r.To, r.Note)
		case kafkatopics.Done:
		}
	}
	return nil
}

func (o *brokerOptions) banner(env *Env, b *devbroker.Broker, topics int, exposed bool) {
	fsync := "every batch is flushed to the disk"
	if !o.cfg.Fsync {
		fsync = "batches are not flushed to the disk one by one"
	}
	fmt.Fprintf(env.Err, `%s: FOR DEVELOPMENT: one broker, one copy of everything, no sign-in. Not for production.
  brokers   %s
  records   %s; %s
  topics    %d declared
`, env.Project.Name, b.Address(), o.cfg.Dir, fsync, topics)
	if exposed {
		fmt.Fprintf(env.Err, "  WARNING   whoever reaches %s can read, write and delete everything\n", o.cfg.Listen)
	}
}
