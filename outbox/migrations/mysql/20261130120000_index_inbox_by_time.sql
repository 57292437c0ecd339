-- For pruning. InnoDB builds it while consumers write.
-- +goose Up
CREATE INDEX idx_outbox_inbox_processed ON outbox_inbox (processed_at);

-- +goose Down
DROP INDEX idx_outbox_inbox_processed ON outbox_inbox;
