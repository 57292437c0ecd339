package deadletter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/stream/deadletter"
)

// TestLetterRoundTrip: a letter reads as it was written, whatever the record.
func TestLetterRoundTrip(t *testing.T) {
	t.Parallel()
	l := deadletter.Letter{
		ID: deadletter.ID{Partition: 3, Offset: 1 << 40}, Kind: deadletter.Handler, Reason: strings.Repeat("ä", deadletter.MaxReason),
		Topic: "orders", Group: "desk", Key: []byte{}, Written: time.Now().UTC(), Timestamp: time.UnixMilli(5),
	}
	r := l.Record()
	r.Offset = 9
	e, ok := deadletter.Parse(r)
	if !ok || e.Letter == nil {
		t.Fatal("it does not read")
	}
	if n := len(e.Letter.Reason); n > deadletter.MaxReason || n < deadletter.MaxReason-10 {
		t.Errorf("a reason of %d bytes, want about %d", n, deadletter.MaxReason)
	}
	l.Reason, l.Position = e.Letter.Reason, 9
	if diff := cmp.Diff(l, *e.Letter); diff != "" {
		t.Errorf("letter (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "1", "-1-2", "1--2", "01-2", "1-2-3", "a-b", "9999999999-1"} {
		if _, err := deadletter.ParseID(bad); err == nil {
			t.Errorf("id %q is taken", bad)
		}
	}
}
