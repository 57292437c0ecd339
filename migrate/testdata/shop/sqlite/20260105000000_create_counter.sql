-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER items_round AFTER INSERT ON items
BEGIN
	UPDATE items SET price = price + 0 WHERE id = new.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER items_round;
