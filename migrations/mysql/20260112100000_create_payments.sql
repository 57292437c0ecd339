-- +goose Up
CREATE TABLE payments (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    message_id bigint NOT NULL,
    payer_id bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL DEFAULT 'EUR',
    method varchar(16) NOT NULL,
    reference varchar(64),
    version bigint NOT NULL DEFAULT 1,
    received_at datetime(6) NOT NULL,
    CONSTRAINT fk_payments_message FOREIGN KEY (message_id) REFERENCES messages (id),
    CONSTRAINT fk_payments_payer FOREIGN KEY (payer_id) REFERENCES accounts (id)
) DEFAULT CHARSET = utf8mb4;
CREATE UNIQUE INDEX idx_payments_message ON payments (message_id);
CREATE INDEX idx_payments_payer ON payments (payer_id);

-- +goose Down
DROP TABLE payments;
