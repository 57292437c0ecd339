package stream

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// record encodes an event.
func (p *Producer[T]) record(ctx context.Context, v *T) (*kgo.Record, error) {
	if v == nil {
		return nil, fmt.Errorf("produce to %s: nil event", p.send.topic)
	}
	event := p.event(v)
	value, err := event.AppendAvro(codec.AppendFrame(make([]byte, 0, 256), p.id))
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", p.name, err)
	}
	return p.wrap(ctx, event, value)
}

// tombstone is a record with the event's key and no value.
func (p *Producer[T]) tombstone(ctx context.Context, v *T) (*kgo.Record, error) {
	if v == nil {
		return nil, fmt.Errorf("tombstone on %s: nil event", p.send.topic)
	}
	event := p.event(v)
	if len(event.EventKey()) == 0 {
		return nil, fmt.Errorf("tombstone on %s: %s has no key", p.send.topic, p.name)
	}
	return p.wrap(ctx, event, nil)
}

// wrap adds key and headers to a value.
func (p *Producer[T]) wrap(ctx context.Context, event codec.Event, value []byte) (*kgo.Record, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("event id: %w", err)
	}
	headers := []kgo.RecordHeader{{Key: codec.HeaderID, Value: []byte(id.String())}, {Key: codec.HeaderType, Value: []byte(p.name)}}
	if s, ok := event.(codec.Sequenced); ok {
		headers = append(headers, kgo.RecordHeader{Key: codec.HeaderSequence, Value: strconv.AppendInt(nil, s.EventSequence(), 10)})
	}
	if headers, err = p.extraHeaders(ctx, headers); err != nil {
		return nil, err
	}
	key := event.EventKey()
	if len(key) == 0 {
		key = nil // an event without a key goes to any partition
	}
	r := &kgo.Record{Topic: p.send.topic, Key: key, Value: value, Headers: headers}
	if n := recordBytes(r); n > p.maxBytes {
		return nil, fmt.Errorf("%w: %s with key %.100q has %d bytes, the limit is %d (stream.WithMaxEventBytes)", ErrTooLarge, p.name, key, n, p.maxBytes)
	}
	return r, nil
}

// extraHeaders appends those of the context and of With, sorted by name.
func (p *Producer[T]) extraHeaders(ctx context.Context, headers []kgo.RecordHeader) ([]kgo.RecordHeader, error) {
	own := len(headers)
	if p.headers != nil {
		for name, value := range p.headers(ctx) {
			if _, ok := p.extra[name]; !ok {
				headers = append(headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
			}
		}
	}
	for name, value := range p.extra {
		headers = append(headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	for _, h := range headers[own:] {
		switch h.Key {
		case "", codec.HeaderID, codec.HeaderType, codec.HeaderSequence:
			return nil, fmt.Errorf("produce to %s: header name %q cannot be used", p.send.topic, h.Key)
		}
	}
	slices.SortFunc(headers[own:], func(a, b kgo.RecordHeader) int { return strings.Compare(a.Key, b.Key) })
	return headers, nil
}

func recordBytes(r *kgo.Record) int {
	n := len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}
