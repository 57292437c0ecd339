-- A price in cents knew no currency. This is the first of three steps, so that
-- an application of before and one of after can run at the same time: add the
-- new columns, move the data, drop the old column.
-- +goose Up
ALTER TABLE messages ADD COLUMN price_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN currency varchar(3) NOT NULL DEFAULT 'EUR';

-- +goose Down
ALTER TABLE messages DROP COLUMN currency;
ALTER TABLE messages DROP COLUMN price_minor;
