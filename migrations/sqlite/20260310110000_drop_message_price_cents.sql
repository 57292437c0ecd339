-- Third of three steps: nothing reads price_cents any more.
-- +goose Up
ALTER TABLE messages DROP COLUMN price_cents;

-- +goose Down
ALTER TABLE messages ADD COLUMN price_cents integer NOT NULL DEFAULT 0;
UPDATE messages SET price_cents = price_minor;
