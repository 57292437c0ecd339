-- +goose Up
-- Events that cannot be relayed, and those of the same key behind them. A row keeps
-- the id that it had in outbox_events; one without an event (id below 0) is a mark
-- that was made by hand.
CREATE TABLE outbox_parked (
    id         integer PRIMARY KEY,
    event_id   text,
    type       text    NOT NULL,
    sequence   integer,
    topic      text    NOT NULL,
    event_key  blob    NOT NULL,
    headers    text,
    payload    blob,
    created_at text    NOT NULL,
    scope      text    NOT NULL,
    reason     text    NOT NULL,
    attempts   integer NOT NULL,
    retry      boolean NOT NULL,
    parked_at  text    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
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
