-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION item_count() RETURNS bigint AS $$
BEGIN
	RETURN (SELECT count(*) FROM items);
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION item_count();
