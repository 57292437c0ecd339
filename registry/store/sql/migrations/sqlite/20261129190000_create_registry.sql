-- +goose Up
-- The registry's records: of each key the last one. A value that is NULL says that
-- the key has none any more; such a row stays for a while, for those who follow.
CREATE TABLE registry_records (
    seq INTEGER NOT NULL PRIMARY KEY,
    key_hash TEXT NOT NULL,
    record_key TEXT NOT NULL,
    record_value TEXT,
    written_at INTEGER NOT NULL
);

CREATE UNIQUE INDEX registry_records_key ON registry_records (key_hash);

-- The last seq that was given, and the last one of a NULL that is gone.
CREATE TABLE registry_positions (
    name TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL
);

INSERT INTO registry_positions (name, seq) VALUES ('last', 0), ('forgotten', 0);

-- +goose Down
DROP TABLE registry_positions;
DROP TABLE registry_records;
