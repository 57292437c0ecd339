-- +goose Up
INSERT INTO items (name, price) VALUES ('pen', 100), ('ink; blue', 200);
INSERT INTO items (name, price) VALUES ('paper', 300);

-- +goose Down
DELETE FROM items;
