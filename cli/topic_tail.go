package cli

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/tail"
)

type tailOptions struct {
	*topicOptions
	registryOptions
	from      string
	partition int32
	follow    bool
	count     int
	maxBytes  int
}

func newTopicTailCommand(env *Env, shared *topicOptions) *cobra.Command {
	o := &tailOptions{topicOptions: shared}
	cmd := &cobra.Command{
		Use:   "tail TOPIC",
		Short: "Print records of a topic, decoded",
		Long: `Prints records with key, partition, offset, time and headers, and the value as JSON
(Avro's JSON encoding) by the schema that the registry has under the value's id. What
cannot be decoded is shown in hexadecimal digits, with the reason.

--from says where to begin in every partition: ` + tail.FromForms + `.
From now on it prints what comes, until SIGINT or SIGTERM or --count; from
anywhere else it ends at what was there when it began, or goes on with --follow.
Records of a partition come in their order, partitions beside each other.

It joins no group and commits nothing. --output json prints one object a line.`,
		Example: `  schemactl topic tail messages --brokers 127.0.0.1:9092 --registry-url http://127.0.0.1:8081
  schemactl topic tail messages --from -10 --follow
  schemactl topic tail messages --from 2026-11-30T12:00:00Z --count 100 --output json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args[0]) },
	}
	o.bind(cmd)
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "now", "where to begin: "+tail.FromForms)
	f.Int32Var(&o.partition, "partition", -1, "the one partition to read (default: all)")
	f.BoolVar(&o.follow, "follow", false, "go on with what comes")
	f.IntVar(&o.count, "count", 0, "end after so many records")
	f.IntVar(&o.maxBytes, "max-bytes", 16<<10, "how much is printed of a value at most")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *tailOptions) run(ctx context.Context, env *Env, topic string) error {
	from, err := tail.ParseFrom(o.from, time.Now())
	switch {
	case err != nil:
		return Usagef("--from: %w", err)
	case o.count < 0:
		return Usagef("--count %d: want 1 or more", o.count)
	case o.maxBytes < 2:
		return Usagef("--max-bytes %d: want 2 or more", o.maxBytes)
	case o.partition < -1:
		return Usagef("--partition %d: want 0 or more", o.partition)
	}
	var source codec.SchemaSource
	if o.url != "" {
		c, err := o.registryOptions.client()
		if err != nil {
			return err
		}
		source = c
	}
	client, err := o.topicOptions.client(ctx, env, tail.ClientOptions()...)
	if err != nil {
		if ctx.Err() != nil {
			return nil // told to end while it connected
		}
		return err
	}
	defer client.Close()
	decoder := tail.NewDecoder(source, o.maxBytes)
	req := tail.Request{
		Topic: o.prefix + topic, Partition: o.partition, From: from,
		Follow: o.follow || from.IsNow(), Count: o.count,
	}
	return tail.Read(ctx, client, req, func(r *kgo.Record) error {
		shown := decoder.Record(ctx, r)
		if ctx.Err() != nil {
			return ctx.Err() // told to end while the schema was asked for
		}
		return o.write(env.Out, &shown)
	})
}

func (o *tailOptions) write(w io.Writer, r *tail.Record) error {
	if o.output == FormatJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	_, err := io.WriteString(w, r.String())
	return err
}
