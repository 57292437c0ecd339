package outbox

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
)

// Publish writes the events into the outbox, in this order, inside the
// transaction that tx is. They reach Kafka after its commit, and never when it,
// or the savepoint around the call, is rolled back.
//
// Events of one call are written by one statement. On PostgreSQL with pgx, in a program
// that links package database, rows wait for the transaction's next statement and are
// written ahead of it; those of the last calls go with COMMIT in one message, so that
// publishing at the end of a transaction costs no round trip. An error of writing them
// is then that statement's, or Commit's, and names the type of the first event that it
// wrote. Rows do not wait with prepared statements (PrepareStmt), with a tracer or
// another mode of execution, or on a connection that was not begun through the handle
// with the plugin, nor more than 128 rows or 256 KiB.
//
// Call it after the rows that the events tell of are locked or their versions are
// checked (see the package comment). tx may be used by one goroutine at a time,
// as GORM has it.
//
// Outside a transaction the error is ErrNoTransaction, without the plugin
// ErrNotInstalled, for a type that was not given to New ErrUnknownEvent. After
// any error roll the transaction back: on PostgreSQL it can do nothing else.
func Publish(tx *gorm.DB, events ...codec.Event) error {
	return write(tx, "publish", events, framed)
}

// write puts rows for the events into the outbox; verb says for errors what is done.
func write(tx *gorm.DB, verb string, events []codec.Event, payload payloadOf) error {
	if tx.Error != nil {
		return fmt.Errorf("%s: the transaction has failed already: %w", verb, tx.Error)
	}
	ob, ok := tx.Config.Plugins[pluginName].(*Outbox)
	if !ok {
		return fmt.Errorf("%s: %w", verb, ErrNotInstalled)
	}
	if _, ok := tx.Statement.ConnPool.(gorm.TxCommitter); !ok {
		return fmt.Errorf("%s: %w", verb, ErrNoTransaction)
	}
	d, err := dialectOf(tx)
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	rows, err := ob.rows(tx, events, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	if tx.DryRun || len(rows) == 0 {
		return nil
	}
	for i := range rows {
		rows[i].verb = verb
	}
	conn := tx.Statement.ConnPool
	prepared, isPrepared := conn.(*gorm.PreparedStmtTX)
	if isPrepared {
		conn = prepared.Tx
	}
	if t, ok := conn.(*transaction); ok {
		if done, err := t.publish(tx, rows, !isPrepared); done || err != nil {
			return err
		}
	}
	// A transaction that was begun past the plugin tells nothing at its commit: the relay
	// finds its events when it next looks.
	return d.insert(tx, rows)
}

// payloadOf makes the payload of an event's row.
type payloadOf func(*eventType, codec.Event) ([]byte, error)

// framed is the payload of an event that is published. It is never empty.
func framed(t *eventType, e codec.Event) ([]byte, error) {
	payload, err := e.AppendAvro(codec.AppendFrame(make([]byte, 0, 256), t.id))
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", t.schema.Name(), err)
	}
	return payload, nil
}

// row is one line of outbox_events, as the INSERT takes it.
type row struct {
	verb     string // what wrote it, for errors
	eventID  string
	typ      string
	sequence any // int64 or nil
	topic    string
	key      []byte
	headers  any    // JSON text or nil
	payload  []byte // empty for a tombstone
}

// size is about the bytes of a row.
func (r *row) size() int {
	headers, _ := r.headers.(string)
	return len(r.key) + len(headers) + len(r.payload)
}

func (ob *Outbox) rows(tx *gorm.DB, events []codec.Event, payload payloadOf) ([]row, error) {
	extra, err := ob.extraHeaders(tx)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(events))
	for i, e := range events {
		if rows[i], err = ob.row(e, payload); err != nil {
			return nil, err
		}
		if extra != "" {
			rows[i].headers = extra
		}
		if n := rows[i].size(); n > ob.maxBytes {
			return nil, fmt.Errorf("%w: %s with key %q has %d bytes, the limit is %d (WithMaxEventBytes)", ErrTooLarge, rows[i].typ, rows[i].key, n, ob.maxBytes)
		}
	}
	return rows, nil
}

func (ob *Outbox) row(e codec.Event, payload payloadOf) (row, error) {
	t, err := ob.lookup(e)
	if err != nil {
		return row{}, err
	}
	value, err := payload(t, e)
	if err != nil {
		return row{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return row{}, fmt.Errorf("event id: %w", err)
	}
	r := row{eventID: id.String(), typ: t.schema.Name(), topic: t.topic, key: e.EventKey(), payload: value}
	if r.key == nil {
		r.key = []byte{}
	}
	if s, ok := e.(codec.Sequenced); ok {
		r.sequence = s.EventSequence()
	}
	return r, nil
}

// extraHeaders asks WithHeaders once per call, because all events of a call
// belong to one context.
func (ob *Outbox) extraHeaders(tx *gorm.DB) (string, error) {
	if ob.headers == nil {
		return "", nil
	}
	h := ob.headers(tx.Statement.Context)
	if len(h) == 0 {
		return "", nil
	}
	for _, name := range []string{"", codec.HeaderID, codec.HeaderType, codec.HeaderSequence} {
		if _, ok := h[name]; ok {
			return "", fmt.Errorf("header name %q of WithHeaders cannot be used", name)
		}
	}
	text, err := json.Marshal(h)
	if err != nil {
		return "", errors.Join(errors.New("headers of WithHeaders"), err)
	}
	return string(text), nil
}
