package table

import (
	"errors"
	"slices"

	"github.com/schemactl/schemactl/bench/codec/hand"
	"github.com/schemactl/schemactl/bench/codec/pb"
)

// message is what vtprotobuf generates for *T.
type message[T any] interface {
	*T
	SizeVT() int
	MarshalToSizedBufferVT(dst []byte) (int, error)
	UnmarshalVT(src []byte) error
	UnmarshalVTUnsafe(src []byte) error
	EqualVT(other *T) bool
}

// protobuf are the encoder and the decoders of vtprotobuf. Its bytes are not
// Avro's: they are checked by reading them back.
func protobuf[T any, M message[T]](v *T) (encoders, decoders []Codec, err error) {
	marshal := func(v *T, dst []byte) ([]byte, error) {
		m := M(v)
		size := m.SizeVT()
		dst = slices.Grow(dst, size)[:size]
		_, err := m.MarshalToSizedBufferVT(dst)
		return dst, err
	}
	unmarshal := func(v *T, src []byte) error { return M(v).UnmarshalVT(src) }
	alias := func(v *T, src []byte) error { return M(v).UnmarshalVTUnsafe(src) }
	src, err := marshal(v, nil)
	check := func(f func(*T, []byte) error) func() error {
		return func() error {
			got := new(T)
			if err := f(got, src); err != nil {
				return err
			}
			if !M(got).EqualVT(v) {
				return errors.New("the message is not what was encoded")
			}
			return nil
		}
	}
	encoders = []Codec{{Name: "vtproto-append", Bytes: len(src), Run: encoding(v, marshal), Check: check(unmarshal)}}
	decoders = []Codec{
		{Name: "vtproto", Bytes: len(src), Run: decoding(src, unmarshal), Check: check(unmarshal)},
		{Name: "vtproto-alias", Bytes: len(src), Run: decoding(src, alias), Check: check(alias)},
	}
	return encoders, decoders, err
}

func protoSmall(v *hand.Small) *pb.Small {
	return &pb.Small{Id: v.ID, Uuid: v.UUID, Count: v.Count, Active: v.Active, Score: v.Score, Ts: v.TS.UnixMilli()}
}

func protoEvent(v *hand.Event) *pb.Event {
	m := &pb.Event{
		EventId: v.EventID, Kind: pb.EventKind(v.Kind), TenantId: v.TenantID, OccurredAt: v.OccurredAt.UnixMicro(), Source: v.Source,
		CorrelationId: v.CorrelationID.Ptr(), CausationId: v.CausationID.Ptr(), UserId: v.UserID.Ptr(), Session: v.Session.Ptr(), Ip: v.IP.Ptr(),
		Version: v.Version, Priority: v.Priority, IsTest: v.IsTest, Score: v.Score, Ratio: v.Ratio.Ptr(), Amount: int64(v.Amount), Currency: v.Currency,
		Customer: &pb.Customer{
			Id: v.Customer.ID, Name: v.Customer.Name, Email: v.Customer.Email.Ptr(), Country: v.Customer.Country, Vip: v.Customer.VIP,
		},
		Attributes: v.Attributes, Note: v.Note.Ptr(),
	}
	for _, i := range v.Items {
		m.Items = append(m.Items, &pb.Item{Sku: i.SKU, Qty: i.Qty, UnitPrice: i.UnitPrice, Title: i.Title, Discount: i.Discount.Ptr()})
	}
	if at := v.UpdatedAt; at.Set {
		micros := at.Value.UnixMicro()
		m.UpdatedAt = &micros
	}
	return m
}

func protoStrings(v *hand.Strings) *pb.Strings {
	return &pb.Strings{A: v.A, B: v.B, C: v.C, D: v.D, E: v.E, F: v.F, G: v.G, H: v.H, Tags: v.Tags}
}

func protoBatch(v *hand.Batch) *pb.Batch {
	m := &pb.Batch{BatchId: v.BatchID, Root: protoNode(&v.Root)}
	for _, e := range v.Entries {
		m.Entries = append(m.Entries, &pb.Entry{
			Id: e.ID, Label: e.Label, Value: e.Value, Flags: e.Flags,
			Meta: &pb.Meta{A: e.Meta.A, B: e.Meta.B, C: e.Meta.C.Ptr()},
		})
	}
	return m
}

func protoNode(v *hand.Node) *pb.Node {
	m := &pb.Node{Id: v.ID, Label: v.Label}
	for i := range v.Children {
		m.Children = append(m.Children, protoNode(&v.Children[i]))
	}
	return m
}
