-- +goose Up
-- xid stands before id on purpose: defaults are evaluated in column order, so
-- nobody can hold an id without having a transaction id first. The relay's lower
-- bound rests on that, and on ids that are drawn one at a time (CACHE 1).
CREATE TABLE outbox_events (
    xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
    id         bigint      GENERATED ALWAYS AS IDENTITY (CACHE 1),
    event_id   uuid        NOT NULL,
    type       text        NOT NULL,
    sequence   bigint,
    topic      text        NOT NULL,
    event_key  bytea       NOT NULL,
    headers    jsonb,
    payload    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT outbox_events_pkey PRIMARY KEY (id)
) WITH (
    fillfactor = 100,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_insert_scale_factor = 0
);
-- Payloads are small and live for milliseconds: compressing them is lost time.
ALTER TABLE outbox_events ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE outbox_inbox (
    consumer     varchar(255) NOT NULL,
    event_id     varchar(255) NOT NULL,
    processed_at timestamptz  NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT outbox_inbox_pkey PRIMARY KEY (consumer, event_id)
);

-- +goose Down
DROP TABLE outbox_inbox;
DROP TABLE outbox_events;
