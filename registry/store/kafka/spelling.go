package kafkastore

import (
	"hash/maphash"
	"slices"

	"github.com/schemactl/schemactl/registry/store/internal/record"
)

// spellings remembers in which bytes the keys of the topic are written. A broker
// compacts by bytes, so a key that is spelled in two ways has two values, and
// whoever changes one of them alone finds the other one back some day.
type spellings struct {
	seed maphash.Seed
	ours map[uint64]struct{} // keys that have a value in our spelling, hashed
	odd  map[string][]string // the other spellings that have a value, by our spelling
	// left are spellings that still have a value though their key is gone: the
	// tombstone that says so will go, and they will not.
	left map[string]record.Record
}

func newSpellings() *spellings {
	return &spellings{
		seed: maphash.MakeSeed(), ours: map[uint64]struct{}{},
		odd: map[string][]string{}, left: map[string]record.Record{},
	}
}

// note takes in a record of the topic and the bytes of its key.
func (s *spellings) note(r record.Record, key []byte) {
	own := record.Key(r)
	isOurs, hash := string(own) == string(key), maphash.Bytes(s.seed, own)
	odd := s.odd[string(own)]
	switch {
	case r.Gone && isOurs:
		delete(s.ours, hash)
	case r.Gone:
		odd = slices.DeleteFunc(slices.Clone(odd), func(other string) bool { return other == string(key) })
	case isOurs:
		s.ours[hash] = struct{}{}
	case !slices.Contains(odd, string(key)):
		odd = append(odd, string(key))
	}
	if len(odd) > 0 {
		s.odd[string(own)] = odd
	} else if !isOurs {
		delete(s.odd, string(own))
	}
	s.noteLeft(r, string(own), string(key), odd)
}

func (s *spellings) noteLeft(r record.Record, own, key string, odd []string) {
	if len(odd) == 0 && len(s.left) == 0 && own == key {
		return // as nearly always
	}
	delete(s.left, key)
	for _, other := range s.live(own, odd) {
		if r.Gone {
			s.left[other] = r
		} else {
			delete(s.left, other)
		}
	}
}

// live are the spellings of a key that have a value.
func (s *spellings) live(own string, odd []string) []string {
	if _, has := s.ours[maphash.String(s.seed, own)]; has {
		return append([]string{own}, odd...)
	}
	return odd
}

// of are the spellings in which a record has to be written.
func (s *spellings) of(r record.Record) []string {
	own := string(record.Key(r))
	if live := s.live(own, s.odd[own]); len(live) > 0 {
		return live
	}
	return []string{own}
}
