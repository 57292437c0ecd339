-- +goose Up
-- +goose StatementBegin
CREATE PROCEDURE item_count()
BEGIN
	SELECT count(*) FROM items;
END;
-- +goose StatementEnd

-- +goose Down
DROP PROCEDURE item_count;
