package agreement_test

import (
	"testing"

	"github.com/schemactl/schemactl/codec"
	topics "github.com/schemactl/schemactl/codegen/testdata/events/golden"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	nested := &topics.Nested{About: topics.About{Ref: topics.Ref{ID: -7}, Version: 9}}
	for _, tc := range []struct {
		e          codec.Event
		topic, key string
		sequence   int64
	}{
		{&topics.ByText{ID: "ü"}, "by-text", "ü", 0},
		{&topics.ByBytes{ID: []byte{0, 255}}, "by.bytes_1", "\x00\xff", 0},
		{&topics.ByInt{ID: -12}, "numbers", "-12", -12},
		{nested, "nested", "-7", 9},
	} {
		if tc.e.EventTopic() != tc.topic || string(tc.e.EventKey()) != tc.key {
			t.Errorf("%T goes to %q with key %q", tc.e, tc.e.EventTopic(), tc.e.EventKey())
		}
		s, ok := tc.e.(codec.Sequenced)
		if ok != (tc.sequence != 0) || (ok && s.EventSequence() != tc.sequence) {
			t.Errorf("%T has a sequence: %t", tc.e, ok)
		}
	}
	if got := len(topics.AvroEvents()); got != 4 {
		t.Errorf("%d events", got)
	}
}

// TestEventKeyIsACopy changes a key: the event keeps its own.
func TestEventKeyIsACopy(t *testing.T) {
	t.Parallel()
	e := &topics.ByBytes{ID: []byte("key")}
	e.EventKey()[0] = 'K'
	if string(e.ID) != "key" {
		t.Errorf("the event's field is now %q", e.ID)
	}
}
