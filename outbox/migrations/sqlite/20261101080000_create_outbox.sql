-- +goose Up
-- AUTOINCREMENT never gives the id of a deleted row to a new one.
CREATE TABLE outbox_events (
    id         integer PRIMARY KEY AUTOINCREMENT,
    event_id   text    NOT NULL,
    type       text    NOT NULL,
    sequence   integer,
    topic      text    NOT NULL,
    event_key  blob    NOT NULL,
    headers    text,
    payload    blob    NOT NULL,
    created_at text    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE outbox_inbox (
    consumer     text NOT NULL,
    event_id     text NOT NULL,
    processed_at text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (consumer, event_id)
);

-- +goose Down
DROP TABLE outbox_inbox;
DROP TABLE outbox_events;
