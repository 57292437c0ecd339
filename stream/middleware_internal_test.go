package stream

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A message may be committed at any time, from any goroutine: also when its delivery is
// that of the next record already.
func TestCommitOutlivesTheDelivery(t *testing.T) {
	t.Parallel()
	w := &worker{c: &Consumer{opt: consumerConfig{manual: true}}, gone: true}
	d := &Delivery{w: w}
	commit := d.commit(&kgo.Record{})
	*d = Delivery{}
	commit() // which needs nothing of the delivery
}
