-- +goose Up
-- Events that cannot be relayed, and those of the same key behind them. A row keeps
-- the id that it had in outbox_events; one without an event (id below 0) is a mark
-- that was made by hand.
CREATE TABLE outbox_parked (
    id         bigint       NOT NULL,
    event_id   uuid,
    type       text         NOT NULL,
    sequence   bigint,
    topic      text         NOT NULL,
    event_key  bytea        NOT NULL,
    headers    jsonb,
    payload    bytea,
    created_at timestamptz  NOT NULL,
    scope      varchar(8)   NOT NULL,
    reason     varchar(500) NOT NULL,
    attempts   integer      NOT NULL,
    retry      boolean      NOT NULL,
    parked_at  timestamptz  NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT outbox_parked_pkey PRIMARY KEY (id)
);
ALTER TABLE outbox_parked ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE INDEX outbox_parked_by_key ON outbox_parked (topic, event_key);

-- How many relays share the keys: see package relay.
CREATE TABLE outbox_shards (
    id     integer NOT NULL PRIMARY KEY,
    shards integer NOT NULL
);
INSERT INTO outbox_shards (id, shards) VALUES (1, 1);

-- +goose Down
DROP TABLE outbox_shards;
DROP TABLE outbox_parked;
