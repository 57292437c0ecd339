package test_test

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	hamba "github.com/hamba/avro/v2"
	twmb "github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
)

// other is an event as the other libraries know it.
type other interface {
	ours() (codec.Record, error)
}

// library is another implementation of Avro.
type library struct {
	name   string
	encode func(v any) ([]byte, error)
	decode func(src []byte, v any) error
	plain  bool // writes arrays and maps as one block without its size in bytes
}

func libraries(t *testing.T, schema string) []library {
	t.Helper()
	theirs, err := hamba.Parse(schema)
	if err != nil {
		t.Fatal(err)
	}
	third, err := twmb.Parse(schema)
	if err != nil {
		t.Fatal(err)
	}
	plain := hamba.Config{DisableBlockSizeHeader: true, BlockLength: 1 << 20}.Freeze()
	small := hamba.Config{BlockLength: 2}.Freeze()
	return []library{
		{"hamba", func(v any) ([]byte, error) { return plain.Marshal(theirs, v) }, func(src []byte, v any) error { return plain.Unmarshal(theirs, src, v) }, true},
		{"hamba with sized blocks", func(v any) ([]byte, error) { return small.Marshal(theirs, v) }, func(src []byte, v any) error { return small.Unmarshal(theirs, src, v) }, false},
		{"twmb", func(v any) ([]byte, error) { return third.Encode(v) }, func(src []byte, v any) error {
			rest, err := third.Decode(src, v)
			if err == nil && len(rest) > 0 {
				return fmt.Errorf("%d bytes are left", len(rest))
			}
			return err
		}, true},
	}
}

// The generated codecs write what two other implementations of Avro write, and
// each reads what the others wrote.
func TestEventsAgreeWithOtherLibraries(t *testing.T) {
	t.Parallel()
	t.Run("message created", func(t *testing.T) {
		t.Parallel()
		agree[events.MessageCreated](t, randomMessageCreated)
	})
	t.Run("message delivered", func(t *testing.T) {
		t.Parallel()
		agree[events.MessageDelivered](t, randomMessageDelivered)
	})
	t.Run("payment received", func(t *testing.T) {
		t.Parallel()
		agree[events.PaymentReceived](t, randomPaymentReceived)
	})
	t.Run("account state", func(t *testing.T) {
		t.Parallel()
		agree[events.AccountState](t, randomAccountState)
	})
}

// agree compares a generated type with its counterpart over random values.
func agree[T any, P interface {
	*T
	codec.Record
	Equal(*T) bool
}, O any, Q interface {
	*O
	other
}](t *testing.T, random func(*values) Q) {
	t.Helper()
	all := libraries(t, P(new(T)).AvroSchema().String())
	r := &values{rand.New(rand.NewPCG(1, 2))}
	for i := range 500 {
		theirs := random(r)
		record, err := theirs.ours()
		if err != nil {
			t.Fatal(err)
		}
		ours, ok := record.(P)
		if !ok {
			t.Fatalf("the counterpart is a %T", record)
		}
		wrote, err := ours.AppendAvro(nil)
		if err != nil {
			t.Fatalf("value %d: %v of %+v", i, err, ours)
		}
		for _, l := range all {
			foreign, err := l.encode(theirs)
			if err != nil {
				t.Fatalf("value %d: %s: %v", i, l.name, err)
			}
			if l.plain && !bytes.Equal(foreign, wrote) {
				t.Fatalf("value %d: %s writes\n%x, ours\n%x of %+v", i, l.name, foreign, wrote, ours)
			}
			read := P(new(T))
			if err := read.UnmarshalAvro(foreign); err != nil {
				t.Fatalf("value %d: what %s wrote: %v", i, l.name, err)
			}
			if !read.Equal((*T)(ours)) {
				t.Fatalf("value %d: %s wrote\n%+v, ours read\n%+v", i, l.name, ours, read)
			}
			back := Q(new(O))
			if err := l.decode(wrote, back); err != nil {
				t.Fatalf("value %d: %s reads what ours wrote: %v", i, l.name, err)
			}
			if diff := cmp.Diff(theirs, back, cmpopts.EquateEmpty(), cmp.Comparer(sameRat)); diff != "" {
				t.Fatalf("value %d: ours wrote, %s read (-want +got):\n%s", i, l.name, diff)
			}
		}
	}
}

func sameRat(a, b *big.Rat) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 }

// values makes random values, with the edges of their ranges among them.
type values struct{ *rand.Rand }

func (r *values) long() int64 {
	switch r.IntN(8) {
	case 0:
		return []int64{0, -1, 1, 63, 64, -64, -65, math.MaxInt64, math.MinInt64}[r.IntN(9)]
	case 1:
		return -r.Int64()
	}
	return r.Int64() >> r.IntN(63)
}

func (r *values) text() string {
	alphabet := []rune("abc xyz \x00\n\"ß漢字🚚é")
	out := make([]rune, r.IntN(40))
	if r.IntN(20) == 0 {
		out = make([]rune, 3000)
	}
	for i := range out {
		out[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(out)
}

func (r *values) textOrNil() *string {
	if r.IntN(2) == 0 {
		return nil
	}
	s := r.text()
	return &s
}

// money has at most 18 digits, as the schema says.
func (r *values) money() otherMoney {
	const most = 999_999_999_999_999_999
	cents := r.long() % (most + 1)
	if r.IntN(10) == 0 {
		cents = []int64{0, 1, -1, 127, 128, -127, -129, 255, 256, most, -most}[r.IntN(11)]
	}
	return otherMoney{big.NewRat(cents, 100), []string{"EUR", "USD", "", "日本円"}[r.IntN(4)]}
}

func (r *values) account() otherAccountRef { return otherAccountRef{r.long(), r.text()} }

// micros is between the years 1653 and 2286.
func (r *values) micros() time.Time { return time.UnixMicro(r.Int64N(2e16) - 1e16).UTC() }

func (r *values) millis() time.Time { return time.UnixMilli(r.Int64N(2e13) - 1e13).UTC() }

// randomMessageCreated has at most one label, because the order of a map's
// entries is nobody's.
func randomMessageCreated(r *values) *otherMessageCreated {
	m := &otherMessageCreated{
		MessageID: r.long(), Version: r.long(), Author: r.account(), Recipient: r.account(), Body: r.text(),
		Priority: []string{"NORMAL", "LOW", "HIGH"}[r.IntN(3)], Price: r.money(), Labels: map[string]string{}, CreatedAt: r.micros(),
	}
	if r.IntN(2) == 0 {
		m.Labels[r.text()] = r.text()
	}
	if r.IntN(2) == 0 {
		id := r.long()
		m.ReplyTo = &id
	}
	for range r.IntN(6) {
		m.Attachments = append(m.Attachments, otherAttachment{r.text(), r.long(), r.textOrNil()})
	}
	return m
}

func randomMessageDelivered(r *values) *otherMessageDelivered {
	return &otherMessageDelivered{r.long(), r.long(), r.account(), r.long(), r.micros()}
}

func randomPaymentReceived(r *values) *otherPaymentReceived {
	return &otherPaymentReceived{
		PaymentID: r.long(), Version: r.long(), MessageID: r.long(), Payer: r.account(), Amount: r.money(),
		Method: []string{"UNKNOWN", "BALANCE", "CARD", "TRANSFER"}[r.IntN(4)], Reference: r.textOrNil(), ReceivedAt: r.micros(),
	}
}

func randomAccountState(r *values) *otherAccountState {
	return &otherAccountState{
		AccountID: r.long(), Version: r.long(), DisplayName: r.text(), Email: r.textOrNil(),
		Status: []string{"UNKNOWN", "ACTIVE", "SUSPENDED", "CLOSED"}[r.IntN(4)], Balance: r.money(),
		OpenedAt: r.millis(), ChangedAt: r.micros(),
	}
}

// Decimals at the edges of their bytes: hamba takes a byte too many for -128 and
// its like, which must still be read, and never written.
func TestDecimalsAgreeWithOtherLibraries(t *testing.T) {
	t.Parallel()
	all := libraries(t, new(events.Money).AvroSchema().String())
	for bits := range 57 {
		for _, cents := range []int64{1<<bits - 1, 1 << bits, 1<<bits + 1, -(1 << bits) - 1, -(1 << bits), -(1 << bits) + 1} {
			theirs := otherMoney{big.NewRat(cents, 100), "EUR"}
			ours := theirs.ours()
			wrote, err := ours.AppendAvro(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range all {
				foreign, err := l.encode(&theirs)
				if err != nil {
					t.Fatal(err)
				}
				if l.name == "twmb" && !bytes.Equal(foreign, wrote) {
					t.Errorf("%d: %s writes %x, ours %x", cents, l.name, foreign, wrote)
				}
				var read events.Money
				if err := read.UnmarshalAvro(foreign); err != nil || !read.Equal(&ours) {
					t.Errorf("%d: %s wrote %x, ours read %v (%v)", cents, l.name, foreign, read, err)
				}
				var back otherMoney
				if err := l.decode(wrote, &back); err != nil || !sameRat(theirs.Amount, back.Amount) {
					t.Errorf("%d: ours wrote %x, %s read %v (%v)", cents, wrote, l.name, back.Amount, err)
				}
			}
		}
	}
}

// Labels are compared as values, since the bytes of a map depend on its order.
func TestMapsAgreeWithOtherLibraries(t *testing.T) {
	t.Parallel()
	r := &values{rand.New(rand.NewPCG(3, 4))}
	all := libraries(t, new(events.MessageCreated).AvroSchema().String())
	for i := range 300 {
		theirs := randomMessageCreated(r)
		for range r.IntN(12) {
			theirs.Labels[r.text()] = r.text()
		}
		record, err := theirs.ours()
		if err != nil {
			t.Fatal(err)
		}
		wrote, err := record.AppendAvro(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all {
			foreign, err := l.encode(theirs)
			if err != nil {
				t.Fatalf("value %d: %s: %v", i, l.name, err)
			}
			var read events.MessageCreated
			if err := read.UnmarshalAvro(foreign); err != nil {
				t.Fatalf("value %d: what %s wrote: %v", i, l.name, err)
			}
			if diff := cmp.Diff(theirs.Labels, read.Labels, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("value %d: %s wrote, ours read (-want +got):\n%s", i, l.name, diff)
			}
			var back otherMessageCreated
			if err := l.decode(wrote, &back); err != nil {
				t.Fatalf("value %d: %s reads what ours wrote: %v", i, l.name, err)
			}
			if diff := cmp.Diff(theirs.Labels, back.Labels, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("value %d: ours wrote, %s read (-want +got):\n%s", i, l.name, diff)
			}
		}
	}
}
