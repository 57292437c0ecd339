-- Second of three steps: moves the prices.
-- +goose Up
UPDATE messages SET price_minor = price_cents WHERE price_minor = 0 AND price_cents <> 0;

-- +goose Down
UPDATE messages SET price_cents = price_minor WHERE price_cents = 0 AND price_minor <> 0;
