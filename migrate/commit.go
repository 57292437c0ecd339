package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// commit ends a transaction by do and tells what is not known then: with the
// connection gone before the answer, the database may have committed or not. What
// the database itself refuses is undone.
func (r *run) commit(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := do()
	code := r.dialect.code(err)
	// 57P… is the server's farewell, which may come after the commit.
	if err == nil || errors.Is(err, sql.ErrTxDone) || code != "" && !(r.name == "postgres" && strings.HasPrefix(code, "57P")) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCommitUnknown, err)
}
