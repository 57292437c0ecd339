package stream

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// afterCancel is how long a handler may take to return once its context ended.
const afterCancel = 5 * time.Second

// assign starts a worker per partition. The client calls assign, revoke and lose
// one at a time, and not between a poll and the end of its dispatch.
func (c *Consumer) assign(ctx context.Context, client *kgo.Client, m map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic, ids := range m {
		for _, id := range ids {
			p := partition{topic, id}
			if c.workers[p] != nil {
				continue
			}
			c.start(ctx, client, p)
		}
	}
	c.opt.logger.InfoContext(ctx, "partitions assigned", "partitions", m)
}

// start begins to handle a partition. The caller holds mu.
func (c *Consumer) start(ctx context.Context, client *kgo.Client, p partition) {
	w := newWorker(ctx, c, client, p)
	w.hold(c.isHeld(p)) // Pause and Resume may have come while it was another's
	c.workers[p] = w
	go w.run()
}

// revoke lets the running handlers finish and commits before others take over.
func (c *Consumer) revoke(ctx context.Context, client *kgo.Client, m map[string][]int32) {
	c.finish(c.take(m), c.opt.stop)
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		c.opt.logger.WarnContext(ctx, "commit before partitions move", "error", err)
	}
	c.opt.logger.InfoContext(ctx, "partitions revoked", "partitions", m)
}

// lose cuts the running handlers off: others may own the partitions already, and a
// commit would be refused.
func (c *Consumer) lose(m map[string][]int32) {
	c.finish(c.take(m), 0)
	c.opt.logger.Warn("partitions lost", "partitions", m)
}

// take removes the workers of the given partitions from the consumer.
func (c *Consumer) take(m map[string][]int32) []*worker {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ws []*worker
	for topic, ids := range m {
		for _, id := range ids {
			p := partition{topic, id}
			if w := c.workers[p]; w != nil {
				ws = append(ws, w)
				delete(c.workers, p)
			}
		}
	}
	return ws
}

// forget removes the given workers, and none that came to their partitions since.
func (c *Consumer) forget(ws []*worker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range ws {
		if c.workers[w.p] == w {
			delete(c.workers, w.p)
		}
	}
}

// finish waits until the workers have finished their current record, at most for
// grace; then it ends their contexts and waits once more.
func (c *Consumer) finish(ws []*worker, grace time.Duration) {
	for _, w := range ws {
		w.quit()
	}
	if waitAll(ws, grace) {
		return
	}
	for _, w := range ws {
		w.cancel()
	}
	if !waitAll(ws, afterCancel) {
		c.fail(ErrStuck)
	}
}

func waitAll(ws []*worker, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for _, w := range ws {
		select {
		case <-w.done:
		case <-timer.C:
			return false
		}
	}
	return true
}

// stop ends the membership: finish, commit, leave. The workers stay in the
// consumer until they have finished, because the group may rebalance meanwhile
// and revoke has to wait for them too before it gives their partitions away.
func (c *Consumer) stop(ctx context.Context, client *kgo.Client) {
	c.mu.Lock()
	ws := slices.Collect(maps.Values(c.workers))
	c.mu.Unlock()
	c.finish(ws, c.opt.stop)
	c.forget(ws) // leaving revokes: it need not wait once more for one that is stuck
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialTimeout)
	defer cancel()
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		c.opt.logger.WarnContext(ctx, "last commit; what was finished since the one before will be handled again", "error", err)
	}
	client.CloseAllowingRebalance()
}
