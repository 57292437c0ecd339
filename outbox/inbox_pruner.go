package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
)

// DefaultPruneInterval is how often an InboxPruner works.
const DefaultPruneInterval = time.Hour

// InboxPruner removes old notes of the inbox at intervals. It runs inside an
// application; that several instances have one each does no harm.
type InboxPruner struct {
	db        *gorm.DB
	olderThan time.Duration
	interval  time.Duration
	prune     PruneOptions
	logger    *slog.Logger
}

// PrunerOption changes how an InboxPruner works. A bad value is an error of
// NewInboxPruner.
type PrunerOption interface{ applyPruner(*InboxPruner) error }

type prunerOption func(*InboxPruner) error

func (f prunerOption) applyPruner(p *InboxPruner) error { return f(p) }

// WithPruneInterval sets the time between two rounds, which is varied by a fifth so
// that instances do not work at the same time. Default: DefaultPruneInterval.
func WithPruneInterval(d time.Duration) PrunerOption {
	return prunerOption(func(p *InboxPruner) error {
		if d <= 0 {
			return fmt.Errorf("outbox.WithPruneInterval: %s: want more than 0", d)
		}
		p.interval = d
		return nil
	})
}

// WithPruneOptions sets what each round gives to PruneInbox. Default: the zero value.
func WithPruneOptions(o PruneOptions) PrunerOption {
	return prunerOption(func(p *InboxPruner) error {
		if o.Batch < 0 || o.Batch > maxPruneBatch {
			return fmt.Errorf("outbox.WithPruneOptions: a batch of %d: want 0 to %d", o.Batch, maxPruneBatch)
		}
		p.prune = o
		return nil
	})
}

// WithPruneLogger gives the logger for what a round has removed, or why it failed.
// Default: nothing is logged.
func WithPruneLogger(l *slog.Logger) PrunerOption {
	return prunerOption(func(p *InboxPruner) error {
		if l == nil {
			return errors.New("outbox.WithPruneLogger: nil logger")
		}
		p.logger = l
		return nil
	})
}

// NewInboxPruner removes what is older than the age; see PruneInbox for how to choose
// it.
func NewInboxPruner(db *gorm.DB, olderThan time.Duration, opts ...PrunerOption) (*InboxPruner, error) {
	p := &InboxPruner{db: db, olderThan: olderThan, interval: DefaultPruneInterval, logger: slog.New(slog.DiscardHandler)}
	for _, o := range opts {
		if err := o.applyPruner(p); err != nil {
			return nil, err
		}
	}
	switch {
	case db == nil:
		return nil, errors.New("outbox.NewInboxPruner: want a database")
	case olderThan <= 0:
		return nil, fmt.Errorf("outbox.NewInboxPruner: %w: %s", ErrInboxAge, olderThan)
	}
	return p, nil
}

// Run prunes until ctx ends, for the first time after a random part of the interval. A
// round that fails is logged, and the next one goes on where it ended. It may be called
// once at a time.
func (p *InboxPruner) Run(ctx context.Context) {
	wait := rand.N(p.interval) //nolint:gosec // nobody gains by guessing it
	for rest(ctx, wait) == nil {
		removed, err := PruneInbox(ctx, p.db, p.olderThan, &p.prune)
		switch {
		case err != nil && ctx.Err() == nil:
			p.logger.WarnContext(ctx, "the inbox was not pruned; trying again with the next round", "removed", removed, "error", err)
		case removed > 0:
			p.logger.InfoContext(ctx, "notes of the inbox were removed", "removed", removed)
		}
		wait = p.interval + rand.N(p.interval/5+1) - p.interval/10 //nolint:gosec // as above
	}
}
