-- +goose Up
CREATE INDEX idx_messages_status ON messages (status, created_at);

-- +goose Down
DROP INDEX idx_messages_status;
