-- +goose Up
CREATE TABLE messages (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    author_id bigint NOT NULL,
    recipient_id bigint NOT NULL,
    body varchar(4000) NOT NULL,
    priority varchar(16) NOT NULL DEFAULT 'normal',
    price_cents bigint NOT NULL DEFAULT 0,
    status varchar(16) NOT NULL DEFAULT 'created',
    version bigint NOT NULL DEFAULT 1,
    delivered_at datetime(6) NULL,
    created_at datetime(6) NOT NULL,
    updated_at datetime(6) NOT NULL,
    CONSTRAINT fk_messages_author FOREIGN KEY (author_id) REFERENCES accounts (id),
    CONSTRAINT fk_messages_recipient FOREIGN KEY (recipient_id) REFERENCES accounts (id)
) DEFAULT CHARSET = utf8mb4;
CREATE INDEX idx_messages_author ON messages (author_id);
CREATE INDEX idx_messages_recipient ON messages (recipient_id);

-- +goose Down
DROP TABLE messages;
