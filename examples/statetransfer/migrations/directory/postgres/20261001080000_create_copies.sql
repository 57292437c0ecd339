-- +goose Up
CREATE TABLE directory_accounts (
    account_id   bigint       NOT NULL PRIMARY KEY,
    version      bigint       NOT NULL,
    display_name varchar(120) NOT NULL,
    status       varchar(16)  NOT NULL
);

-- How far each partition is in the copy. It moves in the copy's own transactions.
CREATE TABLE directory_positions (
    topic       varchar(249) NOT NULL,
    part        integer      NOT NULL,
    next_offset bigint       NOT NULL,
    owner       varchar(36)  NOT NULL,
    PRIMARY KEY (topic, part)
);

-- +goose Down
DROP TABLE directory_positions;
DROP TABLE directory_accounts;
