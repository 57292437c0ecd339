package kafkastore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Settings of a topic, as brokers call them.
const (
	policy      = "cleanup.policy"
	compact     = "compact"
	keepsGone   = "delete.retention.ms"
	largest     = "max.message.bytes"
	inSync      = "min.insync.replicas"
	largestMade = 4 << 20 // what every store takes, and what is around it
	leastBatch  = 4 << 10 // below it names of the longest kind have no room
)

// limits are what a topic's settings allow.
type limits struct {
	keepsGone time.Duration // how long tombstones stay
	batch     int           // the bytes of a batch of records, at most
}

// prepare makes the topic if it is missing and checks it if not.
func prepare(ctx context.Context, cl *kgo.Client, name string, o options) (limits, error) {
	if name == "" {
		return limits{}, errors.New("it needs a name")
	}
	found, brokers, err := describe(ctx, cl, name)
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		if err := create(ctx, cl, name, min(o.copies, brokers)); err != nil {
			return limits{}, err
		}
		found, err = appeared(ctx, cl, name)
	}
	if err != nil {
		return limits{}, err
	}
	if n := len(found.Partitions); n != 1 {
		return limits{}, fmt.Errorf("it has %d partitions, and records of a registry have one order only in one: use another topic", n)
	}
	if copies := len(found.Partitions[0].Replicas); copies < o.copies {
		o.logger.WarnContext(ctx, "a registry's topic has fewer copies than wanted: what is registered may be lost with a broker",
			slog.String("topic", name), slog.Int("copies", copies), slog.Int("wanted", o.copies))
	}
	return limitsOf(ctx, cl, name)
}

// limitsOf reads the settings, and refuses those that lose schemas.
func limitsOf(ctx context.Context, cl *kgo.Client, name string) (limits, error) {
	settings, err := settingsOf(ctx, cl, name)
	if err != nil {
		return limits{}, err
	}
	if got := settings[policy]; got != compact {
		return limits{}, fmt.Errorf("its %s is %q, so that it loses schemas: set it to %q", policy, got, compact)
	}
	ms, err := strconv.ParseInt(settings[keepsGone], 10, 64)
	if err != nil || ms < 0 {
		return limits{}, fmt.Errorf("its %s is %q, not a number of milliseconds", keepsGone, settings[keepsGone])
	}
	batch, err := strconv.Atoi(settings[largest])
	if err != nil || batch < leastBatch {
		return limits{}, fmt.Errorf("its %s is %q: a registry needs %d at least", largest, settings[largest], leastBatch)
	}
	return limits{time.Duration(min(ms, int64(365*24*time.Hour/time.Millisecond))) * time.Millisecond, batch}, nil
}

// describe answers the topic and how many brokers there are.
func describe(ctx context.Context, cl *kgo.Client, name string) (kmsg.MetadataResponseTopic, int, error) {
	req := kmsg.NewPtrMetadataRequest()
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = new(name)
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return kmsg.MetadataResponseTopic{}, 0, fmt.Errorf("ask the cluster: %w", err)
	}
	if len(resp.Topics) != 1 {
		return kmsg.MetadataResponseTopic{}, 0, fmt.Errorf("the cluster answers %d topics", len(resp.Topics))
	}
	return resp.Topics[0], len(resp.Brokers), kerr.ErrorForCode(resp.Topics[0].ErrorCode)
}

// appeared waits for a topic that was just made: brokers hear of it one by one.
func appeared(ctx context.Context, cl *kgo.Client, name string) (kmsg.MetadataResponseTopic, error) {
	for {
		found, _, err := describe(ctx, cl, name)
		if err == nil && len(found.Partitions) > 0 && found.Partitions[0].Leader >= 0 {
			return found, nil
		}
		if err != nil && !errors.Is(err, kerr.UnknownTopicOrPartition) && !kerr.IsRetriable(err) {
			return found, err
		}
		select {
		case <-ctx.Done():
			return found, errors.Join(errors.New("it was made and does not appear"), ctx.Err())
		case <-time.After(longPause):
		}
	}
}

// create makes the topic. Another registry may make it at the same time.
func create(ctx context.Context, cl *kgo.Client, name string, copies int) error {
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, 1, int16(max(copies, 1))
	wanted := [][2]string{{policy, compact}, {largest, strconv.Itoa(largestMade)}}
	if copies >= 3 {
		wanted = append(wanted, [2]string{inSync, "2"}) // what is acknowledged outlives a broker
	}
	for _, setting := range wanted {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = setting[0], new(setting[1])
		topic.Configs = append(topic.Configs, c)
	}
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return fmt.Errorf("create it: %w", err)
	}
	for _, t := range resp.Topics {
		err := kerr.ErrorForCode(t.ErrorCode)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("create it: %w", err)
		}
	}
	return nil
}

func settingsOf(ctx context.Context, cl *kgo.Client, name string) (map[string]string, error) {
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, name
	resource.ConfigNames = []string{policy, keepsGone, largest}
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.Resources = append(req.Resources, resource)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return nil, fmt.Errorf("read its settings: %w", err)
	}
	settings := map[string]string{}
	for _, r := range resp.Resources {
		if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
			return nil, fmt.Errorf("read its settings: %w", err)
		}
		for _, c := range r.Configs {
			if c.Value != nil {
				settings[c.Name] = *c.Value
			}
		}
	}
	return settings, nil
}
