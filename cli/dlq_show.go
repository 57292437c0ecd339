package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/stream/deadletter"
)

// dlqShowJSON is the JSON of `dlq show`.
type dlqShowJSON struct {
	dlqLetterJSON
	Headers []dlqHeaderJSON `json:"headers"` // of the record
	// Value is the decoded value, null where it cannot be read; then Unread says why.
	Value  json.RawMessage `json:"value"`
	Unread string          `json:"unread"`
	Base64 *string         `json:"value_base64"` // null when the record has no value
}

type dlqHeaderJSON struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // "" where it is no text
	Base64 string `json:"base64"`
}

func newDLQShowCommand(env *Env, o *dlqOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show LETTER",
		Short: "Print a dead letter: reason, headers and value",
		Long: `Prints a letter. With a registry its value is decoded to JSON by the schema that it was
written with; without one, and where that fails, it is printed as base64.`,
		Example: "  schemactl dlq show 3-1234 --brokers 127.0.0.1:9092 --topic payments --group delivery --registry-url http://127.0.0.1:8081",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := deadletter.ParseID(args[0])
			if err != nil {
				return &UsageError{err: err}
			}
			box, err := o.open(cmd.Context())
			if err != nil {
				return err
			}
			l, err := box.Get(cmd.Context(), id)
			if err != nil {
				return err
			}
			return o.show(cmd.Context(), env, &l)
		},
	}
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *dlqOptions) show(ctx context.Context, env *Env, l *deadletter.Letter) error {
	out := dlqShowJSON{dlqLetterJSON: letterJSON(l), Headers: []dlqHeaderJSON{}}
	for _, h := range l.Headers {
		one := dlqHeaderJSON{Key: h.Key, Base64: base64.StdEncoding.EncodeToString(h.Value)}
		if utf8.Valid(h.Value) {
			one.Value = string(h.Value)
		}
		out.Headers = append(out.Headers, one)
	}
	if l.Value != nil {
		out.Base64 = new(base64.StdEncoding.EncodeToString(l.Value))
		value, err := o.decode(ctx, l.Value)
		if err != nil {
			out.Unread = err.Error()
		}
		out.Value = value
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, out)
	}
	return out.print(env)
}

// decode reads a framed value by the schema that it was written with.
func (o *dlqOptions) decode(ctx context.Context, framed []byte) (json.RawMessage, error) {
	id, value, err := codec.ParseFrame(framed)
	if err != nil {
		return nil, err
	}
	c, err := o.client()
	if err != nil {
		return nil, err
	}
	text, err := c.Schema(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w", id, err)
	}
	schema, err := avro.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w", id, err)
	}
	var v any
	rest, err := schema.Decode(value, &v)
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w", id, err)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("schema %d: %d bytes follow the value", id, len(rest))
	}
	return schema.EncodeJSON(v)
}

func (s *dlqShowJSON) print(env *Env) error {
	rows := [][]any{
		{"Letter", s.ID}, {"Kind", s.Kind}, {"Reason", s.Reason}, {"Attempts", s.Attempts},
		{"Written", s.Written.UTC().Format(time.RFC3339)}, {"Group", s.Group}, {"Topic", s.Topic},
		{"Partition", s.Partition}, {"Offset", s.Offset}, {"Timestamp", s.Timestamp.Format(time.RFC3339Nano)},
		{"Key", orNone(s.Key)}, {"Type", s.Type},
	}
	for _, h := range s.Headers {
		text := h.Value
		if text == "" && h.Base64 != "" {
			text = "base64 " + h.Base64
		}
		rows = append(rows, []any{"Header " + h.Key, text})
	}
	switch {
	case s.Base64 == nil:
		rows = append(rows, []any{"Value", "(none)"})
	case s.Unread != "":
		rows = append(rows, []any{"Value", "base64 " + *s.Base64}, []any{"Not decoded", s.Unread})
	default:
		rows = append(rows, []any{"Value", string(s.Value)})
	}
	return PrintTable(env.Out, []string{"Field", "Content"}, rows)
}
