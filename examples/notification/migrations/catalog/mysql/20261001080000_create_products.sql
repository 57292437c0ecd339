-- +goose Up
CREATE TABLE catalog_products (
    id          bigint       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name        varchar(120) NOT NULL,
    price_minor bigint       NOT NULL,
    version     bigint       NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- +goose Down
DROP TABLE catalog_products;
