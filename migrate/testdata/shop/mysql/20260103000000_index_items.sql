-- +goose Up
CREATE INDEX items_name ON items (name);
INSERT INTO items (name, price) VALUES ('eraser', 400);

-- +goose Down
DELETE FROM items WHERE name = 'eraser';
DROP INDEX items_name ON items;
