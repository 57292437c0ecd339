package table

import "github.com/schemactl/schemactl/bench/codec/hand"

// handDecode is a hand-written decoder as a function.
type handDecode[T any] func(*T, []byte, hand.Mode) error

func (f handDecode[T]) in(mode hand.Mode) func(*T, []byte) error {
	return func(v *T, src []byte) error { return f(v, src, mode) }
}

// byHand are the hand-written decoders in all modes.
func byHand[T any](s *shape, prefix string, decode, reuse handDecode[T]) []Codec {
	return []Codec{
		decoder(s, prefix+"-arena", decode.in(hand.Arena)),
		decoder(s, prefix+"-alias", decode.in(hand.Alias)),
		redecoder(s, prefix+"-alias-reuse", reuse.in(hand.Alias)),
		decoder(s, prefix+"-copy", decode.in(hand.Copy)),
	}
}
