-- +goose Up
CREATE TABLE registry_counters (
    context TEXT NOT NULL PRIMARY KEY,
    last_id INTEGER NOT NULL
);

INSERT INTO registry_counters (context, last_id) VALUES ('.', 0);

CREATE TABLE registry_contents (
    context TEXT NOT NULL,
    id INTEGER NOT NULL,
    hash TEXT NOT NULL,
    meaning TEXT NOT NULL,
    schema_type TEXT NOT NULL,
    schema_text TEXT NOT NULL,
    refs TEXT NOT NULL,
    PRIMARY KEY (context, id)
);

CREATE UNIQUE INDEX registry_contents_hash ON registry_contents (context, hash);

CREATE TABLE registry_references (
    context TEXT NOT NULL,
    id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (context, id, position)
);

CREATE INDEX registry_references_version ON registry_references (subject, version);

CREATE TABLE registry_subjects (
    subject TEXT NOT NULL PRIMARY KEY,
    live BOOLEAN NOT NULL
);

CREATE TABLE registry_versions (
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    context TEXT NOT NULL,
    id INTEGER NOT NULL,
    hash TEXT NOT NULL,
    meaning TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    deleted BOOLEAN NOT NULL,
    PRIMARY KEY (subject, version)
);

CREATE INDEX registry_versions_hash ON registry_versions (subject, hash);
CREATE INDEX registry_versions_meaning ON registry_versions (subject, meaning);
CREATE INDEX registry_versions_content ON registry_versions (context, id);

CREATE TABLE registry_configs (
    subject TEXT NOT NULL PRIMARY KEY,
    level TEXT NOT NULL
);

-- +goose Down
DROP TABLE registry_configs;
DROP TABLE registry_versions;
DROP TABLE registry_subjects;
DROP TABLE registry_references;
DROP TABLE registry_contents;
DROP TABLE registry_counters;
