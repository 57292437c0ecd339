-- +goose Up
CREATE TABLE messages (
    id integer PRIMARY KEY AUTOINCREMENT,
    author_id integer NOT NULL,
    recipient_id integer NOT NULL,
    body text NOT NULL,
    priority text NOT NULL DEFAULT 'normal',
    price_cents integer NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'created',
    version integer NOT NULL DEFAULT 1,
    delivered_at datetime,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    CONSTRAINT fk_messages_author FOREIGN KEY (author_id) REFERENCES accounts (id),
    CONSTRAINT fk_messages_recipient FOREIGN KEY (recipient_id) REFERENCES accounts (id)
);
CREATE INDEX idx_messages_author ON messages (author_id);
CREATE INDEX idx_messages_recipient ON messages (recipient_id);

-- +goose Down
DROP TABLE messages;
