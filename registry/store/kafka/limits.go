package kafkastore

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

const (
	// limitsEvery is how often a topic's settings are read: whoever runs the cluster
	// may change them.
	limitsEvery = 30 * time.Second
	// limitsWithin bounds the wait for them.
	limitsWithin = time.Second
)

// readLimits reads the topic's settings if they were last read so long ago. Those
// that cannot be read stay as they were.
func (l *topicLog) readLimits(ctx context.Context, ago time.Duration) {
	if time.Since(l.limitsRead) < ago {
		return
	}
	l.limitsRead = time.Now()
	ctx, cancel := context.WithTimeout(ctx, limitsWithin)
	defer cancel()
	found, err := limitsOf(ctx, l.cl, l.topic)
	if err != nil {
		l.logger.WarnContext(ctx, "the settings of a registry's topic cannot be used, the former ones stay",
			slog.String("topic", l.topic), slog.Any("error", err))
		return
	}
	l.limits = found
}

// tooLarge tells that the broker does not take what was written because of its size.
func tooLarge(err error) bool {
	return errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge)
}
