-- +goose Up
-- A product that is gone keeps its row, so that a late answer cannot bring it back.
CREATE TABLE search_products (
    id          bigint       NOT NULL PRIMARY KEY,
    name        varchar(120) NOT NULL,
    price_minor bigint       NOT NULL,
    version     bigint       NOT NULL,
    gone        boolean      NOT NULL
);

-- +goose Down
DROP TABLE search_products;
