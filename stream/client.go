package stream

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// SessionTimeout is how long a group waits for a member that is silent: the
	// least that the brokers take by default.
	SessionTimeout = 6 * time.Second

	dialTimeout = 5 * time.Second
	pingTimeout = 5 * time.Second
)

// ClientOptions are the settings of every Kafka client of this module. Options
// given after them win.
//
// A record counts as written when all in-sync replicas have it, and the producer
// is idempotent, so that retries neither repeat nor reorder. Records leave at
// once (no linger): what is sent together is decided by the caller. After a broken
// connection the client asks for the leaders again after 250 ms; the default of
// 5 s made a dropped connection cost 10 s.
func ClientOptions(brokers ...string) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(brokers...),
		kgo.DialTimeout(dialTimeout),
		kgo.MetadataMinAge(250 * time.Millisecond),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
	}
}

// GroupOptions are the settings of a member of a consumer group, after
// ClientOptions. With an instance name the member is static: after a restart
// under the same name it has its partitions back at once, where another would
// wait for SessionTimeout. The name must be unique in the group, such as
// application and host. With an empty name it is a member like any other.
//
// Events of Kafka transactions are seen once those are committed. Offsets are
// committed only where they are marked, and partitions move only between polls. A
// broker keeps a fetch that finds nothing for 250 ms; with the default of 5 s,
// partitions that were just assigned or resumed waited so long for the fetch that was
// under way without them.
func GroupOptions(group, instance string) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.SessionTimeout(SessionTimeout),
		kgo.HeartbeatInterval(SessionTimeout / 4),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxWait(250 * time.Millisecond),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.AutoCommitMarks(),
		kgo.BlockRebalanceOnPoll(),
	}
	if instance != "" {
		opts = append(opts, kgo.InstanceID(instance))
	}
	return opts
}

// Ping checks within five seconds that a broker answers and, where the client signs
// in, lets it. The error is a *BrokersError that names the brokers, and what to look
// at where one refuses the client.
func Ping(ctx context.Context, client *kgo.Client) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := client.Ping(ctx); err != nil {
		brokers, _ := client.OptValue(kgo.SeedBrokers).([]string)
		return &BrokersError{Brokers: brokers, Refused: refusal(client, err), Err: err}
	}
	return nil
}
