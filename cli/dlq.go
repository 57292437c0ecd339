package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/stream/deadletter"
)

const dlqLong = `A consumer that runs with dead letters puts aside what it cannot read, and what its
handler fails on, into the topic TOPIC.GROUP.dlq. While a key has a letter its later
events wait behind it, as letters too, so that their order is kept.

These commands show the letters of one topic and group, ask the consumer to handle
some again, and discard some. A letter's id is PARTITION-OFFSET of its record. Keys
are printed as text, or as 0x and hex digits where they are none.

Brokers that want TLS or a user: see 'help brokers'.`

type dlqOptions struct {
	registryOptions
	kafka  kafkaOptions
	group  string
	topic  string
	key    string
	output string
}

func newDLQCommand(env *Env) *cobra.Command {
	o := &dlqOptions{}
	cmd := group("dlq", "Look after the dead letters of a consumer group", dlqLong,
		newDLQListCommand(env, o), newDLQShowCommand(env, o), newDLQReplayCommand(env, o), newDLQDiscardCommand(env, o))
	o.bind(cmd)
	o.kafka.bind(cmd)
	f := cmd.PersistentFlags()
	f.StringVar(&o.group, "group", "", "consumer group")
	f.StringVar(&o.topic, "topic", "", "topic that the group consumes")
	return cmd
}

// open checks the flags, and that a broker answers.
func (o *dlqOptions) open(ctx context.Context) (*deadletter.Box, error) {
	settings, err := o.kafka.settings()
	switch {
	case err != nil:
		return nil, err
	case o.group == "":
		return nil, Usagef("no consumer group: give --group or set SCHEMACTL_GROUP")
	case o.topic == "":
		return nil, Usagef("no topic: give --topic or set SCHEMACTL_TOPIC")
	}
	client, err := kgo.NewClient(settings...)
	if client, err = o.kafka.answered(ctx, client, err); err != nil {
		return nil, err
	}
	client.Close()
	return deadletter.Open(o.topic, o.group, settings...), nil
}

func (o *dlqOptions) bindKey(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.key, "key", "", "letters of this key, text or 0x and hex digits")
}

// filter is what --key says.
func (o *dlqOptions) filter() (deadletter.Filter, error) {
	if o.key == "" {
		return deadletter.Filter{}, nil
	}
	key, err := parseKey(o.key)
	return deadletter.Filter{Key: key}, err
}

// dlqJSON is the JSON of `dlq list`.
type dlqJSON struct {
	Topic   string          `json:"topic"` // of the letters
	Count   int             `json:"count"`
	ByKind  map[string]int  `json:"by_kind"`
	Keys    []dlqKeyJSON    `json:"keys"`
	Letters []dlqLetterJSON `json:"letters"`
}

// dlqKeyJSON is a key that has letters, or one letter without a key.
type dlqKeyJSON struct {
	Key       *string   `json:"key"`
	Partition int32     `json:"partition"`
	Letters   int       `json:"letters"`
	First     string    `json:"first"` // the id of what the others wait for
	Kind      string    `json:"kind"`
	Reason    string    `json:"reason"`
	Since     time.Time `json:"since"` // when the first was written last
}

// dlqLetterJSON is a letter without its value and headers.
type dlqLetterJSON struct {
	ID        string    `json:"id"`
	Key       *string   `json:"key"`
	Kind      string    `json:"kind"`
	Reason    string    `json:"reason"`
	Type      string    `json:"type"`
	SchemaID  uint32    `json:"schema_id"`
	Attempts  int       `json:"attempts"`
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Timestamp time.Time `json:"timestamp"`
	Group     string    `json:"group"`
	Written   time.Time `json:"written"`
	Bytes     int       `json:"bytes"` // of the value
}

func keyPointer(key []byte) *string {
	if key == nil {
		return nil
	}
	return new(keyText(key))
}

func letterJSON(l *deadletter.Letter) dlqLetterJSON {
	return dlqLetterJSON{
		ID: l.ID.String(), Key: keyPointer(l.Key), Kind: string(l.Kind), Reason: l.Reason, Type: l.Type,
		SchemaID: l.SchemaID, Attempts: l.Attempts, Topic: l.Topic, Partition: l.ID.Partition, Offset: l.ID.Offset,
		Timestamp: l.Timestamp.UTC(), Group: l.Group, Written: l.Written, Bytes: l.Size,
	}
}

func newDLQListCommand(env *Env, o *dlqOptions) *cobra.Command {
	var each bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List keys that have dead letters, or the letters",
		Long: `Lists the keys that have letters: how many, and what stands in the way of the first.
With --each every letter has a line. JSON has both, and counts by kind:

  unframed         not a framed Avro value
  unknown-schema   the registry does not know its schema id
  undecodable      it cannot be read as the consumer's type
  handler          the handler failed as often as it may
  waits            an earlier event of its key is a letter`,
		Example: `  schemactl dlq list --brokers 127.0.0.1:9092 --topic payments --group delivery
  schemactl dlq list --topic payments --group delivery --key 4711 --each`,
		Args: cobra.NoArgs,
	}
	o.bindKey(cmd)
	cmd.Flags().BoolVar(&each, "each", false, "a line per letter, not per key")
	OutputFlag(cmd, &o.output)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		filter, err := o.filter()
		if err != nil {
			return err
		}
		box, err := o.open(cmd.Context())
		if err != nil {
			return err
		}
		letters, err := box.List(cmd.Context(), filter)
		if err != nil {
			return err
		}
		list := summary(box.Topic(), letters)
		switch {
		case o.output == FormatJSON:
			return PrintJSON(env.Out, list)
		case each:
			return list.printLetters(env)
		}
		return list.printKeys(env)
	}
	return cmd
}

// summary groups letters, which are in the order of their records.
func summary(topic string, letters []deadletter.Letter) *dlqJSON {
	out := &dlqJSON{Topic: topic, Count: len(letters), ByKind: map[string]int{}, Keys: []dlqKeyJSON{}, Letters: []dlqLetterJSON{}}
	at := map[string]int{}
	for i := range letters {
		l := &letters[i]
		out.ByKind[string(l.Kind)]++
		out.Letters = append(out.Letters, letterJSON(l))
		name := l.ID.String()
		if l.Key != nil {
			name = fmt.Sprintf("%d/%s", l.ID.Partition, l.Key)
		}
		if n, known := at[name]; known {
			out.Keys[n].Letters++
			continue
		}
		at[name] = len(out.Keys)
		out.Keys = append(out.Keys, dlqKeyJSON{
			Key: keyPointer(l.Key), Partition: l.ID.Partition, Letters: 1, First: l.ID.String(),
			Kind: string(l.Kind), Reason: l.Reason, Since: l.Written,
		})
	}
	slices.SortStableFunc(out.Keys, func(a, b dlqKeyJSON) int { return a.Since.Compare(b.Since) })
	return out
}

func (d *dlqJSON) printKeys(env *Env) error {
	var rows [][]any
	for _, k := range d.Keys {
		rows = append(rows, []any{orNone(k.Key), k.Letters, k.First, k.Kind, k.Since.UTC().Format(time.RFC3339), firstLine(k.Reason)})
	}
	if err := PrintTable(env.Out, []string{"Key", "Letters", "First", "Kind", "Since", "Reason"}, rows); err != nil {
		return err
	}
	return d.printCounts(env)
}

func (d *dlqJSON) printLetters(env *Env) error {
	var rows [][]any
	for _, l := range d.Letters {
		rows = append(rows, []any{l.ID, orNone(l.Key), l.Kind, l.Attempts, l.Type, l.Written.UTC().Format(time.RFC3339), firstLine(l.Reason)})
	}
	if err := PrintTable(env.Out, []string{"Letter", "Key", "Kind", "Attempts", "Type", "Written", "Reason"}, rows); err != nil {
		return err
	}
	return d.printCounts(env)
}

// printCounts is the last line of a list.
func (d *dlqJSON) printCounts(env *Env) error {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(d.ByKind)) {
		parts = append(parts, strconv.Itoa(d.ByKind[kind])+" "+kind)
	}
	text := ""
	if len(parts) > 0 {
		text = ": " + strings.Join(parts, ", ")
	}
	_, err := fmt.Fprintf(env.Out, "%s in %s%s\n", counted(d.Count, "letter"), d.Topic, text)
	return err
}

func orNone(key *string) string {
	if key == nil {
		return "(none)"
	}
	return *key
}

// firstLine bounds a reason for a table.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 100 {
		s = string(r[:97]) + "..."
	}
	return s
}
