package demo

import (
	"context"
	"slices"

	"github.com/schemactl/schemactl/outbox/relay"
)

// keepingQueue never deletes one row, and hides it once it has been relayed, as
// a relay would that lost its delete.
type keepingQueue struct {
	relay.Queue
	seen int64
	kept int64
}

func (q *keepingQueue) Fetch(ctx context.Context, limit int, inFlight []int64) ([]relay.Row, error) {
	rows, err := q.Queue.Fetch(ctx, limit, inFlight)
	rows = slices.DeleteFunc(rows, func(r relay.Row) bool { return q.kept != 0 && r.ID == q.kept })
	for _, r := range rows {
		if string(r.Key) == faultKey && r.Type == faultType {
			q.seen = r.ID
		}
	}
	return rows, err
}

func (q *keepingQueue) Delete(ctx context.Context, ids []int64) error {
	rest := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return id == q.seen })
	if len(rest) < len(ids) {
		q.kept = q.seen
	}
	if len(rest) == 0 {
		return nil
	}
	return q.Queue.Delete(ctx, rest)
}
