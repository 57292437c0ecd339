package demo

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// Short names of the reference domain's events in the audit.
const (
	messageCreated   = "schemactl.events.MessageCreated"
	paymentReceived  = "schemactl.events.PaymentReceived"
	messageDelivered = "schemactl.events.MessageDelivered"
	accountState     = "schemactl.events.AccountState"
)

// change is one change of an aggregate: what a row of the database implies, and
// what a record on a topic claims.
type change struct {
	event   string // full name of the event's schema
	id      int64  // of the aggregate
	version int64
}

func (c change) String() string {
	return fmt.Sprintf("%s of %d, version %d", c.event[strings.LastIndex(c.event, ".")+1:], c.id, c.version)
}

// audit compares three things that know nothing of each other: the rows of the
// shared tables, the records on the topics, and the journals of the effects.
func (s *supervisor) audit(ctx context.Context) (*Report, error) {
	r := &Report{Migrations: []MigrationLine{}, Schemas: []SchemaLine{}, Findings: []string{}}
	for _, step := range []func(context.Context, *Report) error{s.auditMigrations, s.auditSchemas, s.auditState, s.auditEvents} {
		if err := step(ctx, r); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
	}
	return r, nil
}

func (s *supervisor) auditEvents(ctx context.Context, r *Report) error {
	db := s.parts.db.WithContext(ctx)
	implied, err := impliedChanges(db)
	if err != nil {
		return err
	}
	effects, err := effectCounts(db)
	if err != nil {
		return err
	}
	log, err := s.readTopics(ctx)
	if err != nil {
		return err
	}
	log.order(r)
	events := log.events(r)
	compareRecords(r, implied, events)
	compareEffects(r, effects, events)
	if err := db.Raw("SELECT count(*) FROM outbox_events").Scan(&r.Left).Error; err != nil {
		return err
	}
	if r.Left > 0 {
		r.find("%d rows are still in the outbox", r.Left)
	}
	return nil
}

// auditState looks for rows whose next step never came, in the tables themselves:
// the journals could say that it did.
func (s *supervisor) auditState(ctx context.Context, r *Report) error {
	steps := []struct{ what, sql string }{
		{"messages without a payment", "SELECT count(*) FROM messages m LEFT JOIN payments p ON p.message_id = m.id WHERE p.id IS NULL"},
		{"payments whose message is not delivered", "SELECT count(*) FROM payments p JOIN messages m ON m.id = p.message_id WHERE m.status <> 'delivered'"},
		{"delivered messages whose payment is not settled", "SELECT count(*) FROM messages m JOIN payments p ON p.message_id = m.id WHERE m.status = 'delivered' AND p.settled_at IS NULL"},
		{"accounts whose copy is not of their version", "SELECT count(*) FROM accounts a LEFT JOIN messaging_account_copies c ON c.account_id = a.id WHERE c.version IS NULL OR c.version <> a.version"},
	}
	for _, step := range steps {
		var n int64
		if err := s.parts.db.WithContext(ctx).Raw(step.sql).Scan(&n).Error; err != nil {
			return err
		}
		if n > 0 {
			r.Unfinished += n
			r.find("unfinished: %d %s", n, step.what)
		}
	}
	return nil
}

// impliedChanges are the changes that must have been announced, by the state of
// the rows: a message was created, a delivered one was delivered, a payment was
// received, and an account at version n has had the states 1 to n.
func impliedChanges(db *gorm.DB) (map[change]bool, error) {
	implied := map[change]bool{}
	queries := []struct{ event, sql string }{
		{messageCreated, "SELECT id, 1, 1 FROM messages"},
		{messageDelivered, "SELECT id, 2, 2 FROM messages WHERE status = 'delivered'"},
		{paymentReceived, "SELECT id, 1, 1 FROM payments"},
		{accountState, "SELECT id, 1, version FROM accounts"},
	}
	for _, q := range queries {
		rows, err := db.Raw(q.sql).Rows()
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var id, first, last int64
			if err := rows.Scan(&id, &first, &last); err != nil {
				return nil, err
			}
			for v := first; v <= last; v++ {
				implied[change{q.event, id, v}] = true
			}
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return implied, nil
}

// effectCounts is how often each event had its effect, by event id.
func effectCounts(db *gorm.DB) (map[string]int64, error) {
	counts := map[string]int64{}
	rows, err := db.Raw(`SELECT event_id, count(*) FROM (SELECT event_id FROM messaging_effects UNION ALL
		SELECT event_id FROM billing_effects) AS effects GROUP BY event_id`).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells what matters
	for rows.Next() {
		var id string
		var n int64
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		counts[id] = n
	}
	return counts, rows.Err()
}

// compareRecords looks for changes without a record, changes that were published
// more than once, and records that no row explains.
func compareRecords(r *Report, implied map[change]bool, events map[string]change) {
	times := map[change]int64{}
	for _, c := range events {
		times[c]++
	}
	for c := range implied {
		if times[c] == 0 {
			r.Lost++
			r.find("lost: %s has no record on its topic", c)
		}
	}
	for c, n := range times {
		if n > 1 {
			r.Duplicated += n - 1
			r.find("duplicated: %s was published as %d events", c, n)
		}
		if !implied[c] {
			r.Unexplained++
			r.find("unexplained: %s is on its topic, and no row implies it", c)
		}
	}
}

// compareEffects looks for events without an effect and effects that happened
// more than once.
func compareEffects(r *Report, effects map[string]int64, events map[string]change) {
	for id, c := range events {
		switch n := effects[id]; {
		case n == 0:
			r.Lost++
			r.find("lost: %s (event %s) had no effect", c, id)
		case n > 1:
			r.Duplicated += n - 1
			r.find("duplicated: %s (event %s) had its effect %d times", c, id, n)
		}
		if effects[id] > 0 {
			r.Delivered++
		}
	}
	for id := range effects {
		if _, ok := events[id]; !ok {
			r.Unexplained++
			r.find("unexplained: event %s had an effect and is on no topic", id)
		}
	}
	r.Published = int64(len(events))
}
