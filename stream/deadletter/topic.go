package deadletter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// headroom is what a letter may have more than its record, in bytes.
const headroom = 64 << 10

// ErrNoSource says that the source topic does not exist (yet).
var ErrNoSource = errors.New("the source topic does not exist")

var errPolicy = errors.New("unfit cleanup.policy")

// CheckName tells whether a name can be a topic's.
func CheckName(topic string) error {
	ok := len(topic) > 0 && len(topic) <= 249
	for _, c := range []byte(topic) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-')
	}
	if !ok {
		return fmt.Errorf("dead letter topic %q, made of topic and group: want at most 249 letters, digits, '.', '_' and '-'", topic)
	}
	return nil
}

// TopicError says that a dead letter topic is missing or unfit and could not be
// made so.
type TopicError struct {
	Topic string
	Needs string // what it needs, such as "8 partitions and cleanup.policy=compact"
	Err   error
}

// Error names the topic, what it needs, and why it is not there.
func (e *TopicError) Error() string {
	return fmt.Sprintf("dead letter topic %s: %v; it needs %s", e.Topic, e.Err, e.Needs)
}

// Unwrap gives the cause.
func (e *TopicError) Unwrap() error { return e.Err }

// Ensure makes the dead letter topic of a group's source topic when it is missing,
// and gives it more partitions when the source has got more. What the brokers do
// not allow is a *TopicError; ErrNoSource is for a source that is missing. least is how
// many partitions the source is known to have, which adm may not have heard of yet.
func Ensure(ctx context.Context, adm *kadm.Client, source, group string, least int) error {
	err := ensure(ctx, adm, source, group, least)
	// Another member was quicker: look again, once this broker has heard of it.
	for n := 0; n < 20 && errors.Is(err, kerr.TopicAlreadyExists); n++ {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		err = ensure(ctx, adm, source, group, least)
	}
	return err
}

func ensure(ctx context.Context, adm *kadm.Client, source, group string, least int) error {
	topic := Topic(source, group)
	found, err := adm.ListTopics(ctx, source, topic)
	if err != nil {
		return fmt.Errorf("topics %s and %s: %w", source, topic, err)
	}
	from, dead := found[source], found[topic]
	switch {
	case errors.Is(from.Err, kerr.UnknownTopicOrPartition):
		return ErrNoSource
	case from.Err != nil:
		return fmt.Errorf("topic %s: %w", source, from.Err)
	}
	n := max(least, len(from.Partitions))
	need := fmt.Sprintf("%d partitions, as its source %s, and cleanup.policy=compact", n, source)
	switch {
	case errors.Is(dead.Err, kerr.UnknownTopicOrPartition):
		err = create(ctx, adm, from, topic, n)
	case dead.Err != nil:
		err = dead.Err
	default:
		err = fit(ctx, adm, dead, n)
	}
	if hopeless(err) {
		err = &TopicError{Topic: topic, Needs: need, Err: err}
	}
	return err
}

// hopeless tells what the brokers refuse, and what a person has to mend, from
// brokers that cannot be reached now.
func hopeless(err error) bool {
	ke, ok := errors.AsType[*kerr.Error](err)
	return errors.Is(err, errPolicy) || ok && !ke.Retriable
}

func create(ctx context.Context, adm *kadm.Client, from kadm.TopicDetail, topic string, n int) error {
	config := map[string]*string{"cleanup.policy": new("compact")}
	if most, ok := setting(ctx, adm, from.Topic, "max.message.bytes"); ok {
		if n, err := strconv.Atoi(most); err == nil {
			config["max.message.bytes"] = new(strconv.Itoa(n + headroom))
		}
	}
	replicas := from.Partitions.NumReplicas()
	_, err := adm.CreateTopic(ctx, int32(n), int16(replicas), config, topic) //nolint:gosec // the broker's own numbers
	if err != nil {
		return fmt.Errorf("it is missing and cannot be made: %w", err)
	}
	return nil
}

// fit checks a topic that is there.
func fit(ctx context.Context, adm *kadm.Client, dead kadm.TopicDetail, n int) error {
	if policy, ok := setting(ctx, adm, dead.Topic, "cleanup.policy"); ok && policy != "compact" {
		return fmt.Errorf("%w: it is %q, so letters would be lost", errPolicy, policy)
	}
	if len(dead.Partitions) >= n {
		return nil
	}
	made, err := adm.UpdatePartitions(ctx, n, dead.Topic)
	if err == nil {
		err = made[dead.Topic].Err
	}
	if err == nil || errors.Is(err, kerr.InvalidPartitions) { // another member was quicker
		return nil
	}
	return fmt.Errorf("it has %d partitions and cannot get more: %w", len(dead.Partitions), err)
}

// setting reads one setting of a topic; ok is false when the brokers do not tell.
func setting(ctx context.Context, adm *kadm.Client, topic, name string) (string, bool) {
	all, err := adm.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return "", false
	}
	one, err := all.On(topic, nil)
	if err != nil || one.Err != nil {
		return "", false
	}
	for _, c := range one.Configs {
		if c.Key == name && c.Value != nil {
			return *c.Value, true
		}
	}
	return "", false
}
