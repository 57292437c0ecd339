package hambacompat_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/hambacompat"
	tagged "github.com/schemactl/schemactl/codec/hambacompat/testdata/tagged/golden"
	"github.com/schemactl/schemactl/codec/plan"
	"github.com/schemactl/schemactl/events"
)

func TestStream(t *testing.T) {
	t.Parallel()
	text := message().AvroSchema().String()
	var out bytes.Buffer
	encoder, err := hambacompat.NewEncoder(text, &out)
	if err != nil {
		t.Fatal(err)
	}
	var want []*events.MessageCreated
	for _, size := range []int{0, 1, 5000, 3, 200_000, 0} {
		v := message()
		v.Body = strings.Repeat("x", size)
		want = append(want, v)
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	for name, r := range map[string]io.Reader{
		"all at once":       bytes.NewReader(out.Bytes()),
		"end with the data": iotest.DataErrReader(bytes.NewReader(out.Bytes())),
		"half as much":      iotest.HalfReader(bytes.NewReader(out.Bytes())),
		"byte for byte":     iotest.OneByteReader(bytes.NewReader(out.Bytes()[:2000])),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decoder, err := hambacompat.NewDecoder(text, r)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range want {
				var got events.MessageCreated
				err := decoder.Decode(&got)
				if errors.Is(err, codec.ErrTruncated) && name == "byte for byte" && i == 2 {
					return
				}
				if err != nil || !got.Equal(v) {
					t.Fatalf("value %d: %v", i, err)
				}
			}
			for range 2 {
				if err := decoder.Decode(new(events.MessageCreated)); !errors.Is(err, io.EOF) {
					t.Errorf("at the end: %v", err)
				}
			}
		})
	}
}

// A value that follows in the stream does not reach into one that was returned.
func TestStreamValuesAreTheirOwn(t *testing.T) {
	t.Parallel()
	schema := parsed(t, new(events.Money).AvroSchema().String())
	decoder := hambacompat.NewDecoderForSchema(schema, strings.NewReader("\x02\x01\x06EUR\x02\x01\x06USD"))
	var a, b *events.Money
	if err := errors.Join(decoder.Decode(&a), decoder.Decode(&b)); err != nil || a.Currency != "EUR" || b.Currency != "USD" {
		t.Errorf("%v, %v (%v)", a, b, err)
	}
}

func TestStreamErrors(t *testing.T) {
	t.Parallel()
	money := new(events.Money).AvroSchema().String()
	schema := parsed(t, money)
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		r    io.Reader
		want error
	}{
		"cut":          {strings.NewReader("\x02\x01\x06EU"), codec.ErrTruncated},
		"malformed":    {strings.NewReader("\x02\x01\x01\x01\x01"), codec.ErrMalformed},
		"reader":       {io.MultiReader(strings.NewReader("\x02\x01"), iotest.ErrReader(broken)), broken},
		"reader, once": {iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("\x02\x01\x06EUR"))), iotest.ErrTimeout},
		"no progress":  {idle{}, io.ErrNoProgress},
		"endless":      {io.MultiReader(strings.NewReader("\x02\x01\xfe\xff\xff\xff\x0f"), endless{}), hambacompat.ErrTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decoder := hambacompat.NewDecoderForSchema(schema, test.r)
			for range 2 { // the place is lost
				if err := decoder.Decode(new(events.Money)); !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
			}
		})
	}
	decoder := hambacompat.NewDecoderForSchema(schema, strings.NewReader("\x02\x01\x06EUR"))
	if err := decoder.Decode(new(any)); !errors.Is(err, hambacompat.ErrForeign) {
		t.Errorf("foreign: %v", err)
	}
	if err := decoder.Decode(new(events.AccountRef)); !errors.Is(err, hambacompat.ErrSchema) {
		t.Errorf("another type: %v", err)
	}
	if err := decoder.Decode(new(events.Money)); err != nil {
		t.Errorf("nothing was lost: %v", err)
	}
	if _, err := hambacompat.NewDecoder("{", nil); err == nil {
		t.Error("no error of a schema that is none")
	}
	if _, err := hambacompat.NewEncoder("{", nil); err == nil {
		t.Error("no error of a schema that is none")
	}
}

func TestEncoderErrors(t *testing.T) {
	t.Parallel()
	schema := parsed(t, new(events.Money).AvroSchema().String())
	var out bytes.Buffer
	encoder := hambacompat.NewEncoderForSchema(schema, shut{})
	if err := encoder.Encode(events.AccountRef{}); !errors.Is(err, hambacompat.ErrSchema) {
		t.Errorf("another type: %v", err)
	}
	if err := encoder.Encode(events.Money{Amount: codec.NewDecimal(1, 9)}); !errors.Is(err, codec.ErrRange) {
		t.Errorf("out of range: %v", err)
	}
	for range 2 {
		if err := encoder.Encode(events.Money{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("shut writer: %v", err)
		}
	}
	encoder.Reset(&out)
	if err := encoder.Encode(events.Money{Currency: "EUR"}); err != nil || out.String() != "\x02\x00\x06EUR" {
		t.Errorf("after Reset: %q (%v)", out.String(), err)
	}
}

func TestStreamWithPlans(t *testing.T) {
	t.Parallel()
	api := hambacompat.Config{Plans: plan.NewCache(), MaxValue: 9}.Freeze()
	writer := parsed(t, `{"type":"record","name":"tagged.Nanos","fields":[{"name":"x","type":"string"},{"name":"value","type":"long"}]}`)
	decoder := api.NewDecoder(writer, strings.NewReader("\x02a\x04\x02b\x06\x20aaaaaaaaaaaaaaaa\x08"))
	for want := range 2 {
		var v tagged.Nanos
		if err := decoder.Decode(&v); err != nil || v.Value.UnixNano() != int64(want)+2 {
			t.Errorf("value %d: %v (%v)", want, v, err)
		}
	}
	if err := decoder.Decode(new(tagged.Nanos)); !errors.Is(err, hambacompat.ErrTooLong) {
		t.Errorf("18 bytes where 9 are the most: %v", err)
	}
}

// idle reads nothing and never ends.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// endless reads zeros.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// shut takes nothing.
type shut struct{}

func (shut) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
