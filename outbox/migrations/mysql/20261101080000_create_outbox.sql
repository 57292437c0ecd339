-- +goose Up
CREATE TABLE outbox_events (
    id         bigint       NOT NULL AUTO_INCREMENT,
    event_id   char(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    type       varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    sequence   bigint       NULL,
    topic      varchar(249) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event_key  blob         NOT NULL,
    headers    longtext     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    payload    longblob     NOT NULL,
    created_at datetime(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id)
) ENGINE = InnoDB;

-- Bytes, not text: two names are the same only when every byte is.
CREATE TABLE outbox_inbox (
    consumer     varbinary(255) NOT NULL,
    event_id     varbinary(255) NOT NULL,
    processed_at datetime(6)    NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (consumer, event_id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE outbox_inbox;
DROP TABLE outbox_events;
