-- +goose Up
-- Events that cannot be relayed, and those of the same key behind them. A row keeps
-- the id that it had in outbox_events; one without an event (id below 0) is a mark
-- that was made by hand.
CREATE TABLE outbox_parked (
    id         bigint       NOT NULL,
    event_id   char(36)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    type       varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    sequence   bigint       NULL,
    topic      varchar(249) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event_key  blob         NOT NULL,
    headers    longtext     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    payload    longblob     NULL,
    created_at datetime(6)  NOT NULL,
    scope      varchar(8)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reason     varchar(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    attempts   integer      NOT NULL,
    retry      boolean      NOT NULL,
    parked_at  datetime(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    KEY outbox_parked_by_key (topic, event_key(255))
) ENGINE = InnoDB;

-- How many relays share the keys: see package relay.
CREATE TABLE outbox_shards (
    id     integer NOT NULL PRIMARY KEY,
    shards integer NOT NULL
) ENGINE = InnoDB;
INSERT INTO outbox_shards (id, shards) VALUES (1, 1);

-- +goose Down
DROP TABLE outbox_shards;
DROP TABLE outbox_parked;
