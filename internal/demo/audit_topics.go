package demo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// entry is one record as the audit's own client read it.
type entry struct {
	eventID  string
	topic    string
	key      string
	sequence int64
	change   change
}

// topicLog is everything on the topics of the run, each partition in its order.
type topicLog []entry

// idFields name the field by which an event says which aggregate it is about.
var idFields = map[string]string{
	messageCreated: "message_id", messageDelivered: "message_id",
	paymentReceived: "payment_id", accountState: "account_id",
}

// readTopics reads every record that is on the topics now, with a client that
// shares nothing with the applications: no group, no offsets, and a decoder that
// works from the registry's schema rather than from generated code.
func (s *supervisor) readTopics(ctx context.Context) (topicLog, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	names := s.withPrefix(topicNames)
	ends, err := s.parts.admin.ListEndOffsets(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("end of the topics: %w", err)
	}
	if err := ends.Error(); err != nil {
		return nil, fmt.Errorf("end of the topics: %w", err)
	}
	left := map[string]int64{} // topic and partition to end offset, while not reached
	assign := map[string]map[int32]kgo.Offset{}
	for _, o := range ends.Offsets().Sorted() {
		if o.At > 0 {
			left[place(o.Topic, o.Partition)] = o.At
			if assign[o.Topic] == nil {
				assign[o.Topic] = map[int32]kgo.Offset{}
			}
			assign[o.Topic][o.Partition] = kgo.NewOffset().AtStart()
		}
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.parts.brokers...), kgo.ClientID("schemactl-demo-audit"),
		kgo.ConsumePartitions(assign), kgo.MetadataMinAge(250*time.Millisecond))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	decoder := decoder{s: s, schemas: map[uint32]*avro.Schema{}}
	var log topicLog
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return nil, fmt.Errorf("read the topics: %w", err)
		}
		var errs []error
		fetches.EachError(func(topic string, p int32, err error) {
			errs = append(errs, fmt.Errorf("read %s: %w", place(topic, p), err))
		})
		fetches.EachRecord(func(r *kgo.Record) {
			e, err := decoder.entry(ctx, r)
			errs = append(errs, err)
			log = append(log, e)
			if at := place(r.Topic, r.Partition); r.Offset+1 >= left[at] {
				delete(left, at)
			}
		})
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
	}
	return log, nil
}

func place(topic string, partition int32) string { return fmt.Sprintf("%s/%d", topic, partition) }

// decoder decodes records by the registry's schemas.
type decoder struct {
	s       *supervisor
	schemas map[uint32]*avro.Schema
}

func (d *decoder) entry(ctx context.Context, r *kgo.Record) (entry, error) {
	e := entry{eventID: header(r, codec.HeaderID), topic: r.Topic, key: string(r.Key)}
	at := fmt.Sprintf("record %s@%d", place(r.Topic, r.Partition), r.Offset)
	var err error
	if e.sequence, err = strconv.ParseInt(header(r, codec.HeaderSequence), 10, 64); err != nil || e.eventID == "" {
		return e, fmt.Errorf("%s: headers %s or %s are missing", at, codec.HeaderID, codec.HeaderSequence)
	}
	id, value, err := codec.ParseFrame(r.Value)
	if err != nil {
		return e, fmt.Errorf("%s: %w", at, err)
	}
	schema, err := d.schema(ctx, id)
	if err != nil {
		return e, fmt.Errorf("%s: %w", at, err)
	}
	var fields map[string]any
	rest, err := schema.Decode(value, &fields)
	if err != nil || len(rest) > 0 {
		return e, fmt.Errorf("%s: does not decode by schema %d: %d bytes are left: %w", at, id, len(rest), err)
	}
	root := schema.Root()
	event := strings.TrimPrefix(root.Namespace+"."+root.Name, ".")
	aggregate, ok := fields[idFields[event]].(int64)
	version, ok2 := fields["version"].(int64)
	if !ok || !ok2 {
		return e, fmt.Errorf("%s: a %s without id or version", at, event)
	}
	e.change = change{event, aggregate, version}
	return e, nil
}

func (d *decoder) schema(ctx context.Context, id uint32) (*avro.Schema, error) {
	if s, ok := d.schemas[id]; ok {
		return s, nil
	}
	text, err := d.s.parts.schemas.SchemaByID(ctx, int(id))
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w", id, err)
	}
	schema, err := avro.Parse(text.Schema)
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w", id, err)
	}
	d.schemas[id] = schema
	return schema, nil
}

// order counts the records whose sequence falls between the first occurrences of
// their key, and those whose header says another sequence than the event itself.
func (l topicLog) order(r *Report) {
	seen := map[string]bool{}
	newest := map[string]int64{}
	for _, e := range l {
		if seen[e.eventID] {
			continue
		}
		seen[e.eventID] = true
		key := e.topic + "\x00" + e.key
		if e.sequence < newest[key] {
			r.OutOfOrder++
			r.find("out of order: %s comes after version %d of its key", e.change, newest[key])
		}
		newest[key] = max(newest[key], e.sequence)
		if e.sequence != e.change.version {
			r.Unexplained++
			r.find("unexplained: %s has sequence %d in its header", e.change, e.sequence)
		}
	}
}

// events are the different events by id; repeats are counted as redelivered.
func (l topicLog) events(r *Report) map[string]change {
	events := map[string]change{}
	for _, e := range l {
		if _, ok := events[e.eventID]; ok {
			r.Redelivered++
			continue
		}
		events[e.eventID] = e.change
	}
	return events
}
