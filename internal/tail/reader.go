package tail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Request says what to read.
type Request struct {
	Topic string
	// Partition is the one to read; -1 reads all.
	Partition int32
	From      From
	// Follow goes on when all that was there at the beginning is read.
	Follow bool
	// Count ends the reading after so many records; 0 does not.
	Count int
}

const (
	maxPoll = 500
	// quiet is how long a broker may show nothing before it is asked whether it is
	// there; what it then does not show is compacted away.
	quiet = 5 * time.Second
)

// ErrTopic says that there is no such topic or partition.
var ErrTopic = errors.New("no such topic")

// ClientOptions are what Read needs of its client.
func ClientOptions() []kgo.Opt {
	return []kgo.Opt{
		kgo.FetchMaxWait(250 * time.Millisecond),
		kgo.FetchMaxBytes(8 << 20),
		kgo.FetchMaxPartitionBytes(1 << 20),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), // of what retention takes meanwhile
		kgo.KeepControlRecords(),
	}
}

// Read calls each for every record in the order in which the brokers give them: by
// offset in a partition, in no order between partitions. It ends without an error
// when ctx does. The client reads nothing else and is made with ClientOptions.
func Read(ctx context.Context, client *kgo.Client, req Request, each func(*kgo.Record) error) error {
	r := &reader{client: client, req: req, each: each}
	err := r.seek(ctx)
	if err == nil {
		err = r.run(ctx)
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // told to end, whatever was under way
	}
	return err
}

type reader struct {
	client *kgo.Client
	req    Request
	each   func(*kgo.Record) error
	// until is, for partitions that are not read to what was their end, that end.
	until map[int32]int64
	seen  int
}

// seek finds where each partition begins and where it ended.
func (r *reader) seek(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	admin := kadm.NewClient(r.client)
	starts, err := admin.ListStartOffsets(ctx, r.req.Topic)
	if err != nil {
		return fmt.Errorf("topic %s: read its offsets: %w", r.req.Topic, err)
	}
	ends, err := admin.ListEndOffsets(ctx, r.req.Topic)
	if err != nil {
		return fmt.Errorf("topic %s: read its offsets: %w", r.req.Topic, err)
	}
	var times kadm.ListedOffsets
	if r.req.From.kind == fromTime {
		if times, err = admin.ListOffsetsAfterMilli(ctx, r.req.From.time.UnixMilli(), r.req.Topic); err != nil {
			return fmt.Errorf("topic %s: find %s: %w", r.req.Topic, r.req.From.time.Format(time.RFC3339), err)
		}
	}
	r.until = map[int32]int64{}
	from := map[int32]kgo.Offset{}
	for id, end := range ends[r.req.Topic] {
		if r.req.Partition >= 0 && id != r.req.Partition {
			continue
		}
		start := starts[r.req.Topic][id]
		if err := errors.Join(start.Err, end.Err); err != nil {
			if errors.Is(err, kerr.UnknownTopicOrPartition) {
				return fmt.Errorf("%w: %s", ErrTopic, r.req.Topic)
			}
			return fmt.Errorf("topic %s, partition %d: %w", r.req.Topic, id, err)
		}
		at := r.req.From.at(start.Offset, end.Offset, times[r.req.Topic][id].Offset)
		if at < end.Offset {
			r.until[id] = end.Offset
		}
		if at < end.Offset || r.req.Follow {
			from[id] = kgo.NewOffset().At(at)
		}
	}
	switch {
	case len(ends[r.req.Topic]) == 0:
		return fmt.Errorf("%w: %s", ErrTopic, r.req.Topic)
	case r.req.Partition >= 0 && ends[r.req.Topic][r.req.Partition].Topic == "":
		return fmt.Errorf("%w: %s has no partition %d", ErrTopic, r.req.Topic, r.req.Partition)
	}
	if len(from) > 0 {
		r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{r.req.Topic: from})
	}
	return nil
}

// at is the place in a partition that has the records from start to before end; after
// is the first one of the time.
func (f From) at(start, end, after int64) int64 {
	switch f.kind {
	case fromStart:
		return start
	case fromOffset:
		return min(max(f.offset, start), end)
	case fromLast:
		return max(end-f.offset, start)
	case fromTime:
		return min(max(after, start), end)
	case fromNow:
	}
	return end
}

func (r *reader) run(ctx context.Context) error {
	for r.req.Follow || len(r.until) > 0 {
		polling, cancel := context.WithTimeout(ctx, quiet)
		fetches := r.client.PollRecords(polling, maxPoll)
		idle := polling.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if ended, err := r.take(fetches); ended || err != nil {
			return err
		}
		if !idle || r.req.Follow || fetches.NumRecords() > 0 {
			continue
		}
		// A broker that is there and shows nothing more has nothing more: the last
		// records before the end are compacted away.
		return r.gone(ctx)
	}
	return nil
}

// gone is the error of a broker that does not answer.
func (r *reader) gone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	if err := r.client.Ping(ctx); err != nil {
		return fmt.Errorf("topic %s: %d partitions are not read to their ends: %w", r.req.Topic, len(r.until), err)
	}
	return nil
}

// take hands records on. ended says that there are as many as are wanted.
func (r *reader) take(fetches kgo.Fetches) (ended bool, err error) {
	fetches.EachError(func(_ string, id int32, cause error) {
		if errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
			return
		}
		if !kerr.IsRetriable(cause) || errors.Is(cause, kerr.UnknownTopicOrPartition) {
			err = fmt.Errorf("topic %s, partition %d: %w", r.req.Topic, id, cause)
		}
	})
	if err != nil {
		return false, err
	}
	for records := fetches.RecordIter(); !records.Done(); {
		record := records.Next()
		if end, ok := r.until[record.Partition]; ok && record.Offset >= end-1 {
			delete(r.until, record.Partition)
			if record.Offset >= end && !r.req.Follow {
				continue // it came later
			}
		} else if !ok && !r.req.Follow {
			continue
		}
		if record.Attrs.IsControl() || r.req.From.kind == fromOffset && record.Offset < r.req.From.offset {
			continue
		}
		if err := r.each(record); err != nil {
			return false, err
		}
		if r.seen++; r.seen == r.req.Count {
			return true, nil
		}
	}
	return false, nil
}
