-- +goose Up
ALTER TABLE payments ADD COLUMN settled_at datetime(6) NULL;

-- +goose Down
ALTER TABLE payments DROP COLUMN settled_at;
