package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// writers is how many callers create messages at once.
const writers = 8

// exchange creates the messages, kills billing half-way, and returns when every
// event has had its effect and the outbox is empty, or when nothing has moved
// for too long: the audit then says what is missing.
func (s *supervisor) exchange(ctx context.Context) error {
	ids, err := s.openAccounts(ctx)
	if err != nil {
		return err
	}
	s.progress.phase("exchanging %d events about %d messages", s.total(), s.cfg.messages())
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return s.createMessages(ctx, ids) })
	work.Go(func() error { return s.watch(ctx) })
	return work.Wait()
}

// total is how many events the run causes.
func (s *supervisor) total() int64 {
	return accounts + int64(s.cfg.messages())*eventsPerMessage
}

func (s *supervisor) openAccounts(ctx context.Context) ([]int64, error) {
	ids := make([]int64, accounts)
	for i := range ids {
		body := map[string]any{
			"display_name":  fmt.Sprintf("Account %d", i+1),
			"balance_minor": 5_000 * (i + 1), // some run dry and go on by card
		}
		if i%3 != 0 {
			body["email"] = fmt.Sprintf("account%d@example.com", i+1)
		}
		var err error
		if ids[i], err = s.post(ctx, "/accounts", body); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (s *supervisor) createMessages(ctx context.Context, ids []int64) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(writers)
	for i := range s.cfg.messages() {
		work.Go(func() error {
			_, err := s.post(ctx, "/messages", message(i, ids))
			return err
		})
		if ctx.Err() != nil {
			break
		}
	}
	return work.Wait()
}

// message is the i-th message: between changing accounts, with every kind of
// value that the event's schema has.
func message(i int, ids []int64) map[string]any {
	n := len(ids)
	m := map[string]any{
		"author_id":    ids[i%n],
		"recipient_id": ids[(i*7+1)%n],
		"body":         fmt.Sprintf("Message %d: grüße, 你好, 🚚", i+1),
		"priority":     []string{"normal", "low", "high"}[i%3],
		"price_minor":  100 + i%900,
		"labels":       map[string]string{"campaign": fmt.Sprintf("c%d", i%11)},
	}
	if i%4 == 0 {
		m["attachments"] = []map[string]any{
			{"file_name": "terms.pdf", "size_bytes": 48_213, "media_type": "application/pdf"},
			{"file_name": "notes", "size_bytes": i},
		}
	}
	return m
}

// tries is how often a call is made while the application is too busy to take
// it: its transaction was rolled back then, so nothing happens twice.
const tries = 5

// post calls the messaging application and returns the id of what it made.
func (s *supervisor) post(ctx context.Context, path string, body any) (id int64, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	for try := range tries {
		if id, err = s.postOnce(ctx, path, text); !errors.Is(err, errBusy) {
			return id, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Duration(try+1) * 200 * time.Millisecond):
		}
	}
	return 0, err
}

var errBusy = errors.New("the application is busy")

func (s *supervisor) postOnce(ctx context.Context, path string, text []byte) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.messages+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("POST %s: %w", path, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end or not needed
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return 0, fmt.Errorf("POST %s: %w", path, err)
	}
	if resp.StatusCode == http.StatusServiceUnavailable {
		return 0, fmt.Errorf("POST %s: %w: %s", path, errBusy, bytes.TrimSpace(answer))
	}
	if resp.StatusCode != http.StatusCreated {
		return 0, fmt.Errorf("POST %s: %s: %s", path, resp.Status, bytes.TrimSpace(answer))
	}
	var made struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(answer, &made); err != nil {
		return 0, fmt.Errorf("POST %s: %w", path, err)
	}
	return made.ID, nil
}

// watch follows the run in the database until it is complete.
func (s *supervisor) watch(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	moved, last := time.Now(), int64(-1)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := s.alive(); err != nil {
			return err
		}
		effects, waiting, err := s.counts(ctx)
		if err != nil {
			return err
		}
		s.progress.advance(effects, s.total())
		if effects >= s.total() && waiting == 0 {
			return nil
		}
		if effects+waiting != last {
			moved, last = time.Now(), effects+waiting
		}
		if time.Since(moved) > s.cfg.Stall {
			s.stalled = true
			s.progress.note("nothing has moved for %s: auditing what is there", s.cfg.Stall)
			return nil
		}
		if s.kills == 0 && effects >= s.total()/2 {
			if err := s.crash(ctx, "billing"); err != nil {
				return err
			}
			moved = time.Now()
		}
	}
}

// counts are the effects that have happened and the rows that wait in the outbox.
func (s *supervisor) counts(ctx context.Context) (effects, waiting int64, err error) {
	row := s.parts.db.WithContext(ctx).Raw(`SELECT (SELECT count(*) FROM messaging_effects) + (SELECT count(*) FROM billing_effects),
		(SELECT count(*) FROM outbox_events)`).Row()
	if err := row.Scan(&effects, &waiting); err != nil {
		return 0, 0, fmt.Errorf("read the run's progress: %w", err)
	}
	return effects, waiting, nil
}
