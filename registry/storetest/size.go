package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// sizeChecks are about records that no store takes: who asks for one is told so, and
// nobody else notices.
func sizeChecks() []check {
	return []check{
		{"a record that is too large is refused", tooLarge},
		{"a version is too large with what it inherits", tooLargeInherited},
		{"large records come together", largeTogether},
		{"who comes together with a record that is too large is not refused", besideTooLarge},
	}
}

// wide is text that takes three times its bytes in a record, and that cannot be
// compressed much.
func wide(chars int) string {
	random := rand.New(rand.NewPCG(1, uint64(chars)))
	var b strings.Builder
	for range chars {
		b.WriteRune(0x10000 + random.Int32N(0x10000))
	}
	return b.String()
}

const (
	// fits is a text, in characters, of 3 MiB in a record, which every store takes;
	// two of it do not go into one.
	fits    = 256 << 10
	tooMany = 2 * fits
)

func property(text string) *registry.Metadata {
	return &registry.Metadata{Properties: map[string]string{"p": text}}
}

func tooLarge(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	refused := func(what string, err error) {
		t.Helper()
		wantErr(t, what, registry.ErrSchemaTooLarge, err)
		if err != nil && !strings.Contains(err.Error(), "the most is") {
			t.Errorf("%s: %v does not name the bound", what, err)
		}
	}
	_, err := reg.SetConfig(t.Context(), "c", registry.ConfigChange{Set: registry.Config{DefaultMetadata: property(wide(tooMany))}})
	refused("config", err)
	_, err = s.Config(t.Context(), "c")
	wantErr(t, "config that was refused", registry.ErrConfigNotSet, err)
	big := fixed(1)
	big.Metadata = property(wide(tooMany))
	_, err = reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: big})
	refused("version", err)
	must(reg.SetConfig(t.Context(), "c", registry.ConfigChange{Set: registry.Config{DefaultMetadata: property(wide(fits))}}))(t)
	equal(t, "id after it", 1, int(must(reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: fixed(2)}))(t).ID))
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
}

func tooLargeInherited(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	config := registry.Config{DefaultMetadata: property(wide(fits))}
	must(reg.SetConfig(t.Context(), "a", registry.ConfigChange{Set: config}))(t)
	big := fixed(1)
	big.Metadata = &registry.Metadata{Properties: map[string]string{"own": wide(fits)}}
	_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: big})
	wantErr(t, "version", registry.ErrSchemaTooLarge, err)
	must(reg.Register(t.Context(), registry.RegisterRequest{Subject: "b", Schema: big}))(t)
}

func largeTogether(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	text := wide(fits)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			big := fixed(i)
			big.Metadata = property(text)
			if _, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: fmt.Sprint(i), Schema: big}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func besideTooLarge(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	change := registry.ConfigChange{Set: registry.Config{DefaultMetadata: property(wide(tooMany))}}
	together(t, func(i int) (registry.Entry, error) {
		if i%8 == 0 {
			_, err := reg.SetConfig(t.Context(), "c", change)
			wantErr(t, "config", registry.ErrSchemaTooLarge, err)
			return registry.Entry{}, nil
		}
		return reg.Register(t.Context(), registry.RegisterRequest{Subject: fmt.Sprint(i), Schema: fixed(i)})
	})
}
