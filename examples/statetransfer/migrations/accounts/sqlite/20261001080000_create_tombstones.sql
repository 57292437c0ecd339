-- +goose Up
-- Deleted accounts whose tombstone is not on the topic yet.
CREATE TABLE accounts_tombstones (
    account_id bigint NOT NULL PRIMARY KEY,
    version    bigint NOT NULL
);

-- +goose Down
DROP TABLE accounts_tombstones;
