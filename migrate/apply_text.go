package migrate

import (
	"context"
	"errors"
)

// applyText is applyTx where a text may hold several statements: the transaction
// is opened in one with the file's first statement, and recorded and committed in
// one with its last. Most files have one statement, and so take one round trip.
func (r *run) applyText(ctx context.Context, j *job, rec *record) (err error) {
	defer func() {
		if err != nil {
			r.backOut(ctx)
		}
	}()
	entry := r.newEntry(j, rec)
	statements := j.script.statements
	last := len(statements) - 1
	for i, text := range statements {
		if err := ctx.Err(); err != nil {
			return err
		}
		before, after := "", ""
		if i == 0 {
			before = "BEGIN;\n"
		}
		if i == last && r.dialect.lexis().closed(text) {
			after = "\n;\n" + entry.text + ";\nCOMMIT"
		}
		r.tell(j, i+1, len(statements))
		if err := r.sendWithin(ctx, r.conn, j, i, before, after); err != nil {
			if after != "" {
				err = r.blame(ctx, j, entry, err)
			}
			return err
		}
		if after != "" {
			entry.sent()
			return nil
		}
	}
	// A statement that ends in the middle of something is refused; if not, we have
	// read it wrongly.
	if err := entry.send(ctx, r.conn, j); err != nil {
		return err
	}
	_, err = r.conn.ExecContext(ctx, "COMMIT")
	return committing(err)
}

// blame finds out which part of a file's last text failed: its statement, as err
// takes it, the record, or the COMMIT.
func (r *run) blame(ctx context.Context, j *job, e *entry, err error) error {
	cause := err
	if failed, ok := errors.AsType[*StatementError](err); ok {
		cause = failed.Err
	}
	if rerr := e.failed(j, cause); rerr != nil {
		return rerr
	}
	if r.dialect.code(cause) == "" {
		return &commitError{err: err, within: true}
	}
	// A transaction that has failed answers nothing but that; after a COMMIT that
	// was refused there is none.
	_, perr := r.conn.ExecContext(ctx, "SELECT 1")
	switch {
	case perr == nil:
		return committing(cause)
	case r.dialect.code(perr) == "":
		return &commitError{err: err, within: true} // the session ended with it
	}
	return err
}

// closed reports whether what follows a text is not taken for a part of its last
// literal or comment.
func (l lexis) closed(text string) bool {
	tokens := l.tokens(text + "\n;")
	return tokens[len(tokens)-1].kind == tokenEnd
}
