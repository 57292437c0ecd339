-- +goose Up
CREATE TABLE items (
	id integer PRIMARY KEY,
	name varchar(50) NOT NULL, -- a semicolon in a comment; is no end
	price bigint NOT NULL
);

-- +goose Down
DROP TABLE items;
