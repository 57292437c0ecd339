-- +goose Up
-- The registry's records: of each key the last one. A value that is NULL says that
-- the key has none any more; such a row stays for a while, for those who follow.
CREATE TABLE registry_records (
    seq BIGINT NOT NULL PRIMARY KEY,
    key_hash VARBINARY(64) NOT NULL,
    record_key LONGTEXT NOT NULL,
    record_value LONGTEXT,
    written_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE UNIQUE INDEX registry_records_key ON registry_records (key_hash);

-- The last seq that was given, and the last one of a NULL that is gone.
CREATE TABLE registry_positions (
    name VARBINARY(16) NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO registry_positions (name, seq) VALUES ('last', 0), ('forgotten', 0);

-- +goose Down
DROP TABLE registry_positions;
DROP TABLE registry_records;
