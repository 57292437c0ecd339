-- +goose Up
CREATE TABLE registry_counters (
    context TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    last_id BIGINT NOT NULL
);

INSERT INTO registry_counters (context, last_id) VALUES ('.', 0);

CREATE TABLE registry_contents (
    context TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    meaning TEXT COLLATE "C" NOT NULL,
    schema_type TEXT COLLATE "C" NOT NULL,
    schema_text TEXT NOT NULL,
    refs TEXT NOT NULL,
    PRIMARY KEY (context, id)
);

CREATE UNIQUE INDEX registry_contents_hash ON registry_contents (context, hash);

CREATE TABLE registry_references (
    context TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (context, id, position)
);

CREATE INDEX registry_references_version ON registry_references (subject, version);

CREATE TABLE registry_subjects (
    subject TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    live BOOLEAN NOT NULL
);

CREATE TABLE registry_versions (
    subject TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    context TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    meaning TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    PRIMARY KEY (subject, version)
);

CREATE INDEX registry_versions_hash ON registry_versions (subject, hash);
CREATE INDEX registry_versions_meaning ON registry_versions (subject, meaning);
CREATE INDEX registry_versions_content ON registry_versions (context, id);

CREATE TABLE registry_configs (
    subject TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    level TEXT COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE registry_configs;
DROP TABLE registry_versions;
DROP TABLE registry_subjects;
DROP TABLE registry_references;
DROP TABLE registry_contents;
DROP TABLE registry_counters;
