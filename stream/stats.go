package stream

import "sync/atomic"

// ConsumerStats is a snapshot of what a consumer has done.
type ConsumerStats struct {
	Handled int64 // events whose handler has passed
	Skipped int64 // records that no route names, and records without a value
	Retries int64 // failed attempts that were followed by another
	// Parked counts records that became dead letters, those that wait among them,
	// and Replayed letters that were handled at last.
	Parked, Replayed int64
	// DeadLetters is how many are open now on the partitions of this member.
	DeadLetters int64
}

// Stats returns the counters now. Reading them twice gives rates.
func (c *Consumer) Stats() ConsumerStats {
	s := ConsumerStats{
		Handled: c.stats.handled.Load(), Skipped: c.stats.skipped.Load(), Retries: c.stats.retries.Load(),
		Parked: c.stats.parked.Load(), Replayed: c.stats.replayed.Load(),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.workers {
		if w.lot != nil {
			s.DeadLetters += int64(w.lot.count())
		}
	}
	return s
}

type counters struct {
	handled, skipped, retries, parked, replayed atomic.Int64
}
