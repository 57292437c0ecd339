-- Built without locking out writers, which cannot be done in a transaction.
-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY idx_messages_status ON messages (status, created_at);

-- +goose Down
DROP INDEX CONCURRENTLY idx_messages_status;
