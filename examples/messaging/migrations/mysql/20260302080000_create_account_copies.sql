-- This application's own copy of the accounts, built from their state events.
-- +goose Up
CREATE TABLE messaging_account_copies (
    account_id bigint NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    display_name varchar(120) NOT NULL,
    status varchar(16) NOT NULL,
    balance_minor bigint NOT NULL
) DEFAULT CHARSET = utf8mb4;

-- +goose Down
DROP TABLE messaging_account_copies;
