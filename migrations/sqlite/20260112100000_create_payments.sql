-- +goose Up
CREATE TABLE payments (
    id integer PRIMARY KEY AUTOINCREMENT,
    message_id integer NOT NULL,
    payer_id integer NOT NULL,
    amount_minor integer NOT NULL,
    currency text NOT NULL DEFAULT 'EUR',
    method text NOT NULL,
    reference text,
    version integer NOT NULL DEFAULT 1,
    received_at datetime NOT NULL,
    CONSTRAINT fk_payments_message FOREIGN KEY (message_id) REFERENCES messages (id),
    CONSTRAINT fk_payments_payer FOREIGN KEY (payer_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX idx_payments_message ON payments (message_id);
CREATE INDEX idx_payments_payer ON payments (payer_id);

-- +goose Down
DROP TABLE payments;
