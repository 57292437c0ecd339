-- This application's own copy of the accounts, built from their state events.
-- +goose Up
CREATE TABLE messaging_account_copies (
    account_id integer NOT NULL PRIMARY KEY,
    version integer NOT NULL,
    display_name text NOT NULL,
    status text NOT NULL,
    balance_minor integer NOT NULL
);

-- +goose Down
DROP TABLE messaging_account_copies;
