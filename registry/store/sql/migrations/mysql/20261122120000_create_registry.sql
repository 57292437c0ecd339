-- +goose Up
CREATE TABLE registry_counters (
    context VARBINARY(255) NOT NULL PRIMARY KEY,
    last_id BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO registry_counters (context, last_id) VALUES ('.', 0);

CREATE TABLE registry_contents (
    context VARBINARY(255) NOT NULL,
    id BIGINT NOT NULL,
    hash VARBINARY(36) NOT NULL,
    meaning VARBINARY(36) NOT NULL,
    schema_type VARBINARY(32) NOT NULL,
    schema_text LONGTEXT NOT NULL,
    refs LONGTEXT NOT NULL,
    PRIMARY KEY (context, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE UNIQUE INDEX registry_contents_hash ON registry_contents (context, hash);

CREATE TABLE registry_references (
    context VARBINARY(255) NOT NULL,
    id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    subject VARBINARY(1024) NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (context, id, position)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX registry_references_version ON registry_references (subject, version);

CREATE TABLE registry_subjects (
    subject VARBINARY(1024) NOT NULL PRIMARY KEY,
    live BOOLEAN NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE registry_versions (
    subject VARBINARY(1024) NOT NULL,
    version BIGINT NOT NULL,
    context VARBINARY(255) NOT NULL,
    id BIGINT NOT NULL,
    hash VARBINARY(36) NOT NULL,
    meaning VARBINARY(36) NOT NULL,
    created_at BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    PRIMARY KEY (subject, version)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX registry_versions_hash ON registry_versions (subject, hash);
CREATE INDEX registry_versions_meaning ON registry_versions (subject, meaning);
CREATE INDEX registry_versions_content ON registry_versions (context, id);

CREATE TABLE registry_configs (
    subject VARBINARY(1024) NOT NULL PRIMARY KEY,
    level VARBINARY(32) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE registry_configs;
DROP TABLE registry_versions;
DROP TABLE registry_subjects;
DROP TABLE registry_references;
DROP TABLE registry_contents;
DROP TABLE registry_counters;
