-- +goose Up
CREATE TABLE catalog_products (
    id          integer      PRIMARY KEY AUTOINCREMENT,
    name        varchar(120) NOT NULL,
    price_minor bigint       NOT NULL,
    version     bigint       NOT NULL
);

-- +goose Down
DROP TABLE catalog_products;
