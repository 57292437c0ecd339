package stream

import "sync/atomic"

// ConsumerStats is a snapshot of what a consumer has done.
type ConsumerStats struct {
	Handled int64 // events whose handler has passed
	Skipped int64 // records that no route names, and records without a value
	Retries int64 // failed attempts that were followed by another
}

// Stats returns the counters now. Reading them twice gives rates.
func (c *Consumer) Stats() ConsumerStats {
	return ConsumerStats{Handled: c.stats.handled.Load(), Skipped: c.stats.skipped.Load(), Retries: c.stats.retries.Load()}
}

type counters struct {
	handled, skipped, retries atomic.Int64
}
