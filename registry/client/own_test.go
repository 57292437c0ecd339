package client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

// What another context has under a subject's name has another schema's id here.
func TestIDOfAnotherContext(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		register(t, c, "other", avro(`"string"`))
		register(t, c, ":.copy:a", avro(order))
		schema := codec.NewSchema("shop.Order", order, codec.Fingerprints{})
		if id, err := c.ID(ctx, "a", schema); !errors.Is(err, registry.ErrSubjectNotFound) {
			t.Errorf("a subject that the default context lacks: id %d, %v", id, err)
		}
		equal(t, "id in the context", uint32(1), noErr[uint32](t)(c.ID(ctx, ":.copy:a", schema)))
		for _, alias := range []string{":.copy:a", "c"} { // c leads no further than into the default context
			noErr[registry.Config](t)(c.SetConfig(ctx, "b", registry.ConfigChange{Set: registry.Config{Alias: alias}}))
			id, err := newClient().ID(ctx, "b", schema)
			if leads := alias != "c"; leads != (err == nil && id == 1) {
				t.Errorf("alias to %s: id %d, %v", alias, id, err)
			}
			register(t, c, ":.copy:c", avro(order))
		}
		auto := newClient(client.WithAutoRegister())
		id := noErr[uint32](t)(auto.ID(ctx, "a", schema))
		equal(t, "schema of the registered id", order, noErr[string](t)(auto.Schema(ctx, id)))
		equal(t, "registered", "a", noErr[registry.Entry](t)(c.Version(ctx, "a", 1)).Subject)
	})
}

// References without a context are of the context of what refers to them, in texts too
// that a registry does not write out itself.
func TestReferencesInAContext(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		register(t, c, "order", avro(order2))
		register(t, c, ":.copy:order", avro(order))
		inner := register(t, c, ":.copy:orders", avro(orders, registry.Reference{Name: "shop.Order", Subject: "order", Version: 1}))
		s, err := c.Parse(ctx, ":.copy:orders", inner.Schema)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "text", whole, s.Resolved())
	})
}

// Registries that do not say it of an entry are asked for the version without deleted ones.
func TestIsDeleted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		live string
		want bool
	}{
		"live":                    {`{"subject":"a","version":1,"id":1,"schema":"\"int\""}`, false},
		"live in another context": {`{"subject":":.copy:a","version":1,"id":1,"schema":"\"int\""}`, true},
		"no version but deleted":  {`{"error_code":40402,"message":"x"}`, true},
		"no versions but deleted": {`{"error_code":40401,"message":"x"}`, true},
	} {
		url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			status := http.StatusOK
			if strings.Contains(tc.live, "error_code") {
				status = http.StatusNotFound
			}
			answer(t, w, status, tc.live)
		})
		got, err := newHTTP(t, url).IsDeleted(t.Context(), "a", registry.Entry{Subject: "a", Version: 1})
		if err != nil || got != tc.want {
			t.Errorf("%s: %t, %v", name, got, err)
		}
	}
}

// The texts of another context's deleted versions are not registered again here.
func TestReregisterBesideAContext(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		register(t, c, ":.copy:a", avro(order))
		noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: ":.copy:a"}))
		entries, err := c.Reregister(ctx, registry.UndeleteRequest{Subject: "a"})
		if !errors.Is(err, registry.ErrSubjectNotFound) {
			t.Errorf("%+v, %v", entries, err)
		}
		register(t, c, "b", avro(order))
		noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "b"}))
		register(t, c, ":.copy:b", avro(order))
		equal(t, "again", 1, len(noErr[[]registry.Entry](t)(c.Reregister(ctx, registry.UndeleteRequest{Subject: "b"}))))
	})
}
