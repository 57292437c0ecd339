package events_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
)

func message() *events.MessageCreated {
	return &events.MessageCreated{
		MessageID: 4711,
		Version:   2,
		Author:    events.AccountRef{AccountID: 1, DisplayName: "Ada Lovelace"},
		Recipient: events.AccountRef{AccountID: 1 << 40, DisplayName: "Grace Hopper"},
		Body:      "Meet me at the difference engine, noon. Bring the cards, and the notes on Bernoulli numbers.",
		Priority:  events.PriorityHigh,
		Price:     events.Money{Amount: codec.NewDecimal(1999, 2), Currency: "EUR"},
		ReplyTo:   codec.Some[int64](4710),
		Attachments: []events.Attachment{
			{FileName: "notes.pdf", SizeBytes: 1 << 20, MediaType: codec.Some("application/pdf")},
			{FileName: "cards.tar", SizeBytes: 12},
		},
		Labels:    map[string]string{"team": "engines", "region": "eu"},
		CreatedAt: time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC),
	}
}

func TestEventsSayWhereTheyGo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		event      codec.Event
		topic, key string
	}{
		{message(), "messages", "4711"},
		{&events.MessageDelivered{MessageID: -3}, "messages", "-3"},
		{&events.PaymentReceived{PaymentID: 5}, "payments", "5"},
		{&events.AccountState{AccountID: 1 << 62}, "accounts", "4611686018427387904"},
	} {
		if got := tc.event.EventTopic(); got != tc.topic {
			t.Errorf("%T: topic %s", tc.event, got)
		}
		if got := string(tc.event.EventKey()); got != tc.key {
			t.Errorf("%T: key %s", tc.event, got)
		}
		if _, ok := tc.event.(codec.Sequenced); !ok {
			t.Errorf("%T has no sequence", tc.event)
		}
	}
	if got := message().EventSequence(); got != 2 {
		t.Errorf("sequence %d", got)
	}
}

func TestAvroEvents(t *testing.T) {
	t.Parallel()
	var names []string
	for _, e := range events.AvroEvents() {
		names = append(names, e.AvroSchema().Name())
	}
	want := []string{
		"schemactl.events.AccountState", "schemactl.events.MessageCreated",
		"schemactl.events.MessageDelivered", "schemactl.events.PaymentReceived",
	}
	if diff := cmp.Diff(want, names); diff != "" || !slices.IsSorted(names) {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestConstructorHasDefaults(t *testing.T) {
	t.Parallel()
	got := events.NewMessageCreated()
	got.Labels["a"] = "b" // the map is there
	want := &events.MessageCreated{Priority: events.PriorityNormal, Labels: map[string]string{"a": "b"}}
	if !got.Equal(want) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	same := message()
	same.Price.Amount = codec.NewDecimal(19990, 3)
	same.CreatedAt = same.CreatedAt.In(time.FixedZone("", 3600))
	if !message().Equal(same) {
		t.Error("the same values are not equal")
	}
	empty := &events.MessageCreated{Attachments: []events.Attachment{}, Labels: map[string]string{}}
	if !empty.Equal(&events.MessageCreated{}) {
		t.Error("empty and nil are not equal")
	}
	for name, change := range map[string]func(*events.MessageCreated){
		"id":         func(m *events.MessageCreated) { m.MessageID++ },
		"nested":     func(m *events.MessageCreated) { m.Author.DisplayName += "." },
		"enum":       func(m *events.MessageCreated) { m.Priority = events.PriorityLow },
		"decimal":    func(m *events.MessageCreated) { m.Price.Amount = codec.NewDecimal(1998, 2) },
		"option":     func(m *events.MessageCreated) { m.ReplyTo = codec.None[int64]() },
		"item":       func(m *events.MessageCreated) { m.Attachments[1].MediaType = codec.Some("") },
		"item count": func(m *events.MessageCreated) { m.Attachments = m.Attachments[:1] },
		"map":        func(m *events.MessageCreated) { m.Labels["team"] = "looms" },
		"time":       func(m *events.MessageCreated) { m.CreatedAt = m.CreatedAt.Add(time.Microsecond) },
	} {
		other := message()
		change(other)
		if message().Equal(other) {
			t.Errorf("%s: not noticed", name)
		}
	}
}

func TestEnums(t *testing.T) {
	t.Parallel()
	for ordinal, symbol := range []string{"UNKNOWN", "ACTIVE", "SUSPENDED", "CLOSED"} {
		v, err := events.ParseAccountStatus(symbol)
		if int(v) != ordinal || err != nil || v.String() != symbol {
			t.Errorf("%s: %v, %v", symbol, v, err)
		}
	}
	if _, err := events.ParseAccountStatus("active"); err == nil {
		t.Error("no error for a symbol that is none")
	}
	if got := events.AccountStatus(9).String(); got != "AccountStatus(9)" {
		t.Errorf("text %s", got)
	}
	if _, err := events.AccountStatus(9).MarshalText(); err == nil {
		t.Error("no error for an ordinal that is none")
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(message())
	if err != nil {
		t.Fatal(err)
	}
	var got events.MessageCreated
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(message(), &got); diff != "" {
		t.Errorf("back from %s (-want +got):\n%s", text, diff)
	}
}

// TestAllocations holds what the reference events promise: none when encoding
// into a buffer with room, and when decoding one for all text, one for the
// array and those of the map.
func TestAllocations(t *testing.T) { //nolint:paralleltest // it counts allocations
	m := message()
	buf, err := m.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	src := slices.Clone(buf)
	if got := testing.AllocsPerRun(100, func() { buf, _ = m.AppendAvro(buf[:0]) }); got != 0 {
		t.Errorf("encoding: %v allocations", got)
	}
	m.Labels = nil
	if src, err = m.AppendAvro(src[:0]); err != nil {
		t.Fatal(err)
	}
	var into events.MessageCreated
	if got := testing.AllocsPerRun(100, func() { _ = into.UnmarshalAvro(src) }); got != 2 {
		t.Errorf("decoding: %v allocations", got)
	}
}

func BenchmarkAppend(b *testing.B) {
	m := message()
	buf, err := m.AppendAvro(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = m.AppendAvro(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	src, err := message().AppendAvro(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		var m events.MessageCreated
		if err := m.UnmarshalAvro(src); err != nil {
			b.Fatal(err)
		}
	}
}
