-- +goose Up
CREATE TABLE accounts (
    id integer PRIMARY KEY AUTOINCREMENT,
    display_name text NOT NULL,
    email text,
    status text NOT NULL DEFAULT 'active',
    balance_minor integer NOT NULL DEFAULT 0,
    currency text NOT NULL DEFAULT 'EUR',
    version integer NOT NULL DEFAULT 1,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX idx_accounts_email ON accounts (email);

-- +goose Down
DROP TABLE accounts;
