-- +goose Up
CREATE TABLE accounts (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    display_name varchar(120) NOT NULL,
    email varchar(254),
    status varchar(16) NOT NULL DEFAULT 'active',
    balance_minor bigint NOT NULL DEFAULT 0,
    currency varchar(3) NOT NULL DEFAULT 'EUR',
    version bigint NOT NULL DEFAULT 1,
    created_at datetime(6) NOT NULL,
    updated_at datetime(6) NOT NULL
) DEFAULT CHARSET = utf8mb4;
CREATE UNIQUE INDEX idx_accounts_email ON accounts (email);

-- +goose Down
DROP TABLE accounts;
