package hambacompat

import (
	"errors"
	"fmt"
	"io"

	"github.com/hamba/avro/v2"

	"github.com/schemactl/schemactl/codec"
)

// Encoder writes values one after the other, with nothing between them. It is
// not safe for concurrent use.
type Encoder struct {
	api    *API
	schema avro.Schema
	w      io.Writer
	buf    []byte
	err    error // of the writer; what was written is then unknown
}

// Encode writes one value in one call of the writer. The errors are those of
// [Marshal], after which nothing has been written, and the writer's, after which
// every call gives that error until Reset.
func (e *Encoder) Encode(v any) error {
	if e.err != nil {
		return e.err
	}
	r, err := e.api.source(e.schema, v)
	if err != nil {
		return err
	}
	out, err := r.AppendAvro(e.buf[:0])
	if err != nil {
		return err
	}
	if cap(out) <= mostKept {
		e.buf = out
	}
	if _, err = e.w.Write(out); err != nil {
		e.err = fmt.Errorf("write %s: %w", r.AvroSchema().Name(), err)
	}
	return e.err
}

// Reset lets the Encoder write to w, as if it were new.
func (e *Encoder) Reset(w io.Writer) { e.w, e.err = w, nil }

// Decoder reads values that follow each other with nothing between them. It
// reads ahead of the value that it returns. It is not safe for concurrent use.
//
// Nothing says how long a value is, so one that arrives in pieces is decoded
// from its beginning again with each piece. Where the whole message is at hand,
// Unmarshal is the better call.
type Decoder struct {
	api    *API
	schema avro.Schema
	r      io.Reader
	buf    []byte // what has been read and not yet decoded
	ended  bool   // r is at its end
	err    error  // the place in the stream is lost
}

// leastRead is the room that a Decoder offers its reader, in bytes.
const leastRead = 4096

// Decode reads the next value into v, with the errors of [Unmarshal]. Where no
// byte follows it is io.EOF. After the error of the reader, or of a value that
// could not be decoded, every call gives that error.
func (d *Decoder) Decode(v any) error {
	if d.err != nil {
		return d.err
	}
	t, err := targetOf(v)
	if err != nil {
		return err
	}
	p, err := d.api.plan(d.schema, t.record.AvroSchema())
	if err != nil {
		return err
	}
	if d.err = d.next(t.record, p); d.err != nil {
		return d.err
	}
	t.done()
	return nil
}

func (d *Decoder) next(r codec.Record, p *codec.Plan) error {
	for {
		switch {
		case len(d.buf) > 0:
			rest, err := r.ReadAvro(d.buf, codec.ReadOptions{Plan: p, Mode: codec.Copy})
			if err == nil {
				d.buf = rest
				return nil
			}
			if d.ended || !errors.Is(err, codec.ErrTruncated) {
				return err
			}
		case d.ended:
			return io.EOF
		}
		if err := d.fill(); err != nil {
			return err
		}
	}
}

// fill reads on, into as much room again as is taken.
func (d *Decoder) fill() error {
	room := min(max(leastRead, len(d.buf)), d.api.config.MaxValue-len(d.buf))
	if room <= 0 {
		return fmt.Errorf("%w: more than %d bytes", ErrTooLong, d.api.config.MaxValue)
	}
	buf := append(make([]byte, 0, len(d.buf)+room), d.buf...)
	for range 100 { // as often as package bufio tries
		n, err := d.r.Read(buf[len(buf):cap(buf)])
		d.buf = buf[:len(buf)+n]
		switch {
		case errors.Is(err, io.EOF):
			d.ended = true
			return nil
		case err != nil:
			return fmt.Errorf("read: %w", err)
		case n > 0:
			return nil
		}
	}
	return io.ErrNoProgress
}
