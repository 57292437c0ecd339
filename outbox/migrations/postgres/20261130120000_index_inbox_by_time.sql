-- For pruning. Built without locking out consumers, which cannot be done in a
-- transaction.
-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY idx_outbox_inbox_processed ON outbox_inbox (processed_at);

-- +goose Down
DROP INDEX CONCURRENTLY idx_outbox_inbox_processed;
