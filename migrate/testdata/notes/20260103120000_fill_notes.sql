-- +goose Up
INSERT INTO notes (id, body) VALUES (1, 'first');

-- +goose Down
DELETE FROM notes;
