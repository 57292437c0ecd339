-- +goose Up
CREATE TABLE notes (id integer PRIMARY KEY, body varchar(100) NOT NULL);

-- +goose Down
DROP TABLE notes;
