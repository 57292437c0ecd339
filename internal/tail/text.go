package tail

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
)

// Limits of what is shown of a record beside its value.
const (
	maxKey     = 1024
	maxHeaders = 50
)

// Bytes are shown as text where a terminal can show them, else in hexadecimal digits.
type Bytes struct {
	Text *string `json:"text,omitempty"`
	Hex  *string `json:"hex,omitempty"`
	// Cut says that only the beginning is shown.
	Cut bool `json:"cut,omitempty"`
}

// Header is one of a record's headers.
type Header struct {
	Name  string `json:"name"`
	Value Bytes  `json:"value"`
}

// Record is what is shown of a record.
type Record struct {
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Time      time.Time `json:"time"`
	// Key is nil where the record has none.
	Key      *Bytes   `json:"key"`
	Headers  []Header `json:"headers"`
	SchemaID uint32   `json:"schema_id,omitempty"`
	Type     string   `json:"type,omitempty"`
	// Bytes is the length of the value; -1 for a record without one, a tombstone.
	Bytes int `json:"bytes"`
	// Value is the value in Avro's JSON encoding, when it is decoded and not longer
	// than the limit; Beginning is how a longer one begins.
	Value     json.RawMessage `json:"value,omitempty"`
	Beginning string          `json:"beginning,omitempty"`
	// Hex is how a value begins that cannot be decoded, Error is why.
	Hex   string `json:"hex,omitempty"`
	Error string `json:"error,omitempty"`
}

// Decoder makes Records. It is safe for concurrent use.
type Decoder struct {
	source codec.SchemaSource
	limit  int

	mu    sync.Mutex // guards what follows
	known map[uint32]*avro.Schema
	// failed keeps a registry that does not answer from holding up every record.
	failed map[uint32]failure
}

type failure struct {
	err   error
	until time.Time
}

// retryAfter is how long the reason why a schema was not to be had is taken to last.
const retryAfter = 5 * time.Second

// NewDecoder decodes by the schemas of source, and shows at most limit bytes of a
// value. Without a source nothing can be decoded.
func NewDecoder(source codec.SchemaSource, limit int) *Decoder {
	return &Decoder{source: source, limit: limit, known: map[uint32]*avro.Schema{}, failed: map[uint32]failure{}}
}

// Record shows a record. A schema that cannot be fetched is a reason like any other.
func (d *Decoder) Record(ctx context.Context, r *kgo.Record) Record {
	out := Record{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp.UTC(),
		Headers: []Header{}, Bytes: len(r.Value),
	}
	if r.Key != nil {
		key := show(r.Key, maxKey)
		out.Key = &key
	}
	for i, h := range r.Headers {
		if i == maxHeaders {
			break
		}
		out.Headers = append(out.Headers, Header{printable(cut(h.Key, maxKey)), show(h.Value, maxKey)})
	}
	if r.Value == nil {
		out.Bytes = -1
		return out
	}
	if err := d.value(ctx, r.Value, &out); err != nil {
		out.Error = printable(err.Error())
		out.Hex = hex.EncodeToString(r.Value[:min(len(r.Value), d.limit/2)])
	}
	return out
}

func (d *Decoder) value(ctx context.Context, framed []byte, out *Record) error {
	id, value, err := codec.ParseFrame(framed)
	if err != nil {
		return err
	}
	out.SchemaID = id
	schema, err := d.schema(ctx, id)
	if err != nil {
		return err
	}
	out.Type = schema.Root().Name
	if ns := schema.Root().Namespace; ns != "" && !strings.Contains(out.Type, ".") {
		out.Type = ns + "." + out.Type
	}
	var native any
	rest, err := schema.Decode(value, &native, avro.TaggedUnions())
	if err != nil {
		return fmt.Errorf("its bytes do not fit schema %d: %w", id, err)
	}
	if len(rest) > 0 {
		return fmt.Errorf("its bytes do not fit schema %d: %d are left over", id, len(rest))
	}
	text, err := schema.EncodeJSON(native, avro.TaggedUnions())
	if err != nil {
		return fmt.Errorf("schema %d: no JSON of it: %w", id, err)
	}
	if len(text) > d.limit {
		out.Beginning = printable(cut(string(text), d.limit))
		return nil
	}
	out.Value = json.RawMessage(printable(string(text)))
	return nil
}

// errNoRegistry says what to do about framed values.
var errNoRegistry = errors.New("no registry was named")

func (d *Decoder) schema(ctx context.Context, id uint32) (*avro.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.known[id]; s != nil {
		return s, nil
	}
	if f := d.failed[id]; f.err != nil && time.Now().Before(f.until) {
		return nil, f.err
	}
	s, err := d.fetch(ctx, id)
	if err != nil {
		d.failed[id] = failure{err, time.Now().Add(retryAfter)}
		return nil, err
	}
	d.known[id] = s
	return s, nil
}

func (d *Decoder) fetch(ctx context.Context, id uint32) (*avro.Schema, error) {
	if d.source == nil {
		return nil, fmt.Errorf("%w: give --registry-url to decode values of schema %d", errNoRegistry, id)
	}
	text, err := d.source.Schema(ctx, id)
	if errors.Is(err, registry.ErrSchemaNotFound) {
		return nil, fmt.Errorf("the registry has no schema %d: is it the producer's registry? (%w)", id, err)
	}
	if err != nil {
		return nil, err
	}
	s, err := avro.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("schema %d is no Avro schema that can be read: %w", id, err)
	}
	return s, nil
}

// show takes text that every terminal can show for text.
func show(b []byte, limit int) Bytes {
	out := Bytes{Cut: len(b) > limit}
	if utf8.Valid(b) && !strings.ContainsFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) }) {
		text := cut(string(b), limit)
		out.Text = &text
		return out
	}
	text := hex.EncodeToString(b[:min(len(b), limit/2)])
	out.Cut = len(b) > limit/2
	out.Hex = &text
	return out
}

// cut shortens a text between two characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// printable writes what a terminal may take for a command as \uXXXX, which JSON reads
// as the same.
func printable(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func hidden(r rune) bool { return !unicode.IsPrint(r) && r != ' ' }

// String is the text of a record for people, in lines.
func (r *Record) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d@%d  %s", r.Topic, r.Partition, r.Offset, r.Time.Format("2006-01-02T15:04:05.000Z07:00"))
	if r.Key != nil {
		fmt.Fprintf(&b, "  key %s", r.Key)
	}
	if r.Type != "" {
		fmt.Fprintf(&b, "  %s", r.Type)
	}
	if r.SchemaID != 0 {
		fmt.Fprintf(&b, "  schema %d", r.SchemaID)
	}
	b.WriteString("\n")
	for i, h := range r.Headers {
		sep := "  "
		if i == 0 {
			sep = "  headers "
		}
		fmt.Fprintf(&b, "%s%s=%s", sep, h.Name, h.Value)
	}
	if len(r.Headers) > 0 {
		b.WriteString("\n")
	}
	switch {
	case r.Bytes < 0:
		b.WriteString("  no value: a tombstone\n")
	case r.Error != "":
		fmt.Fprintf(&b, "  cannot be decoded: %s\n  %d bytes: %s\n", r.Error, r.Bytes, dots(r.Hex, 2*r.Bytes))
	case r.Beginning != "":
		fmt.Fprintf(&b, "  %s… (%d bytes, cut: --max-bytes)\n", r.Beginning, r.Bytes)
	default:
		fmt.Fprintf(&b, "  %s\n", r.Value)
	}
	return b.String()
}

// String is the text, or 0x and hexadecimal digits.
func (b Bytes) String() string {
	text := ""
	switch {
	case b.Text != nil:
		text = *b.Text
	case b.Hex != nil:
		text = "0x" + *b.Hex
	}
	if b.Cut {
		text += "…"
	}
	return text
}

func dots(text string, whole int) string {
	if len(text) < whole {
		return text + "…"
	}
	return text
}
