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
			after = "\n;\nSAVEPOINT " + recordPoint + ";\n" + entry.text + ";\nCOMMIT"
		}
		r.tell(j, i+1, len(statements))
		if err := r.sendWithin(ctx, r.conn, j, i, before, after); err != nil {
			if after != "" {
				err = r.blame(ctx, i, text, entry, err)
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
	if err := entry.send(ctx, r.conn); err != nil {
		return err
	}
	_, err = r.conn.ExecContext(ctx, "COMMIT")
	return committing(err)
}

// recordPoint stands in a file's last text between its statement and its record.
const recordPoint = "schemactl_record"

// blame finds out which part of a file's last text failed: statement i, as err
// takes it, the record, or the COMMIT. It asks for the point between them, which
// is there or not, whatever the error says and in whatever language.
func (r *run) blame(ctx context.Context, i int, text string, e *entry, err error) error {
	cause := err
	if failed, ok := errors.AsType[*StatementError](err); ok {
		cause = failed.Err
	}
	if r.dialect.code(cause) == "" { // no answer
		return &commitError{err: err, within: true}
	}
	_, back := r.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+recordPoint)
	switch code := r.dialect.code(back); {
	case back == nil:
		return e.failed(cause)
	case code == noTransaction && (i > 0 || !r.unreadable(ctx, text)):
		return committing(cause)
	case code == "":
		return &commitError{err: err, within: true} // the session ended with it
	}
	return err // no such point
}

const (
	noTransaction  = "25P01"
	divisionByZero = "22012"
)

// unreadable asks whether the server refuses to read a text. It reads all that it
// is sent before it runs the first of it, which here goes no further.
func (r *run) unreadable(ctx context.Context, text string) bool {
	_, err := r.conn.ExecContext(ctx, "SELECT 1 / 0;\n"+text)
	return r.dialect.code(err) != divisionByZero
}

// closed reports whether what follows a text is not taken for a part of its last
// literal or comment.
func (l lexis) closed(text string) bool {
	tokens := l.tokens(text + "\n;")
	return tokens[len(tokens)-1].kind == tokenEnd
}
