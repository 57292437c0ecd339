-- One row for each effect that an event had here. There is no unique index on
-- purpose: an effect that happened twice must show as two rows.
-- +goose Up
CREATE TABLE messaging_effects (
    id bigserial PRIMARY KEY,
    event_id varchar(36) NOT NULL,
    event_type varchar(120) NOT NULL,
    happened_at timestamptz NOT NULL
);
CREATE INDEX idx_messaging_effects_event ON messaging_effects (event_id);

-- +goose Down
DROP TABLE messaging_effects;
