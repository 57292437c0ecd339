-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY items_name ON items (name);
INSERT INTO items (name, price) VALUES ('eraser', 400);

-- +goose Down
DELETE FROM items WHERE name = 'eraser';
DROP INDEX CONCURRENTLY items_name;
