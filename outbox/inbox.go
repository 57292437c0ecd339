package outbox

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// Once runs fn in a transaction in which it also notes that consumer has handled
// the event, and does nothing when that was noted before. Effects of fn that go
// through tx therefore happen exactly once per consumer and event, however often
// the event is delivered and however many callers race: the later ones wait for
// the first and then find the note, or take over when the first is rolled back.
//
// applied says whether fn ran and was committed in this call. An error of fn rolls back the
// note too. When db is a transaction already, the note belongs to it. consumer
// and eventID have 1 to 255 bytes. On MySQL callers that race with one that is
// rolled back may get a deadlock error: call again, as a consumer does anyway.
//
// Notes stay until PruneInbox or an InboxPruner removes them. An event whose note is
// gone is applied again when it comes again.
func Once(ctx context.Context, db *gorm.DB, consumer, eventID string, fn func(tx *gorm.DB) error) (applied bool, err error) {
	for _, name := range []string{consumer, eventID} {
		if name == "" || len(name) > 255 {
			return false, fmt.Errorf("%w: consumer %.40q, event id %.40q", ErrInboxName, consumer, eventID)
		}
	}
	d, err := dialectOf(db)
	if err != nil {
		return false, err
	}
	err = db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		res, err := tx.Statement.ConnPool.ExecContext(ctx, d.once, consumer, eventID)
		if err != nil {
			return fmt.Errorf("inbox of %s, event %s: %w", consumer, eventID, err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return fmt.Errorf("inbox of %s, event %s: %w", consumer, eventID, err)
		}
		if n == 0 {
			return nil
		}
		applied = true
		return fn(tx)
	})
	return applied && err == nil, err
}
