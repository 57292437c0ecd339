-- +goose Up
-- Running this twice shows in the prices.
UPDATE items SET price = price * 2;

-- +goose Down
UPDATE items SET price = price / 2;
