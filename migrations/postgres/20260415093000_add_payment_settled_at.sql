-- +goose Up
ALTER TABLE payments ADD COLUMN settled_at timestamptz;

-- +goose Down
ALTER TABLE payments DROP COLUMN settled_at;
