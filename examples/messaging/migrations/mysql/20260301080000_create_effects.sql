-- One row for each effect that an event had here. There is no unique index on
-- purpose: an effect that happened twice must show as two rows.
-- +goose Up
CREATE TABLE messaging_effects (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    event_id varchar(36) NOT NULL,
    event_type varchar(120) NOT NULL,
    happened_at datetime(6) NOT NULL
) DEFAULT CHARSET = utf8mb4;
CREATE INDEX idx_messaging_effects_event ON messaging_effects (event_id);

-- +goose Down
DROP TABLE messaging_effects;
