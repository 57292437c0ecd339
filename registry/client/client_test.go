package client_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

const (
	order  = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}`
	order2 = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"qty","type":"int"}]}`
	orders = `{"type":"record","name":"Orders","namespace":"shop","fields":[{"name":"list","type":{"type":"array","items":"Order"}}]}`
	whole  = `{"type":"record","name":"Orders","namespace":"shop","fields":[{"name":"list","type":{"type":"array","items":{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}}}]}`
)

// eachWay runs a test on a registry in process and on one behind HTTP: both
// have to behave alike.
func eachWay(t *testing.T, run func(t *testing.T, newClient func(...client.Option) *client.Client)) {
	t.Helper()
	for _, way := range []string{"local", "http"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			reg, err := registry.New(memory.New())
			if err != nil {
				t.Fatal(err)
			}
			if way == "local" {
				run(t, func(opts ...client.Option) *client.Client { return client.Local(reg, opts...) })
				return
			}
			srv := httptest.NewServer(httpapi.NewHandler(reg))
			t.Cleanup(srv.Close)
			run(t, func(opts ...client.Option) *client.Client { return newHTTP(t, srv.URL+"/", opts...) })
		})
	}
}

func newHTTP(t *testing.T, url string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func avro(text string, refs ...registry.Reference) registry.Schema {
	return registry.Schema{Type: registry.Avro, Text: text, References: refs}
}

func register(t *testing.T, c *client.Client, subject string, s registry.Schema) registry.Entry {
	t.Helper()
	e, err := c.Register(t.Context(), registry.RegisterRequest{Subject: subject, Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(time.Minute)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func noErr[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		guid, err := registry.ParseHash("4f33bf48-d05f-5792-d9b4-97941ab511c5")
		if err != nil {
			t.Fatal(err)
		}
		want := registry.Entry{Schema: avro(order), Subject: "a/ä b", Version: 1, ID: 1, GUID: guid, Created: time.Now()}
		equal(t, "registered", want, register(t, c, "a/ä b", avro(" "+order)))
		equal(t, "looked up", want, noErr[registry.Entry](t)(c.Lookup(ctx, registry.LookupRequest{Subject: "a/ä b", Schema: avro(order)})))
		equal(t, "version", want, noErr[registry.Entry](t)(c.Version(ctx, "a/ä b", 1)))
		equal(t, "latest", want, noErr[registry.Entry](t)(c.Version(ctx, "a/ä b", registry.Latest)))
		equal(t, "by id", want, noErr[registry.Entry](t)(c.ByID(ctx, 1)))

		ref := registry.Reference{Name: "shop.Order", Subject: "a/ä b", Version: 1}
		equal(t, "references", avro(orders, ref), register(t, c, "..", avro(orders, ref)).Schema)
		equal(t, "resolved", whole, noErr[string](t)(c.Schema(ctx, 2)))
		equal(t, "subjects", []string{"..", "a/ä b"}, noErr[[]string](t)(c.Subjects(ctx, registry.SubjectsRequest{})))
		equal(t, "by prefix", []string{"a/ä b"}, noErr[[]string](t)(c.Subjects(ctx, registry.SubjectsRequest{Prefix: "a/", Page: registry.Page{Limit: 5}})))
		equal(t, "versions", []int{1}, noErr[[]int](t)(c.Versions(ctx, "..", registry.Page{})))

		equal(t, "level of all", registry.LevelBackward, noErr[registry.Level](t)(c.Level(ctx, "")))
		if err := c.SetLevel(ctx, "..", registry.LevelFull); err != nil {
			t.Error(err)
		}
		equal(t, "level", registry.LevelFull, noErr[registry.Level](t)(c.Level(ctx, "..")))
		equal(t, "level deleted", registry.LevelFull, noErr[registry.Level](t)(c.DeleteLevel(ctx, "..")))
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		register(t, c, "a", avro(order))
		check := func(s registry.Schema, version int, verbose bool) registry.CheckResult {
			t.Helper()
			r, err := c.Check(ctx, registry.CheckRequest{Subject: "a", Schema: s, Version: version, Verbose: verbose})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		equal(t, "compatible", registry.CheckResult{Compatible: true}, check(avro(order), 0, false))
		for _, version := range []int{0, 1, registry.Latest} {
			for _, verbose := range []bool{false, true} {
				r := check(avro(order2), version, verbose)
				if r.Compatible || len(r.Messages) != 4 {
					t.Errorf("version %d, verbose %t: %+v", version, verbose, r)
				}
			}
		}
		if r := check(avro("{"), 0, true); r.Compatible || len(r.Messages) != 1 {
			t.Errorf("broken text: %+v", r)
		}
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		want error
		ask  func(t *testing.T, c *client.Client) error
	}{
		{"no such subject", registry.ErrSubjectNotFound, func(t *testing.T, c *client.Client) error {
			_, err := c.Versions(t.Context(), "b", registry.Page{})
			return err
		}},
		{"no such version", registry.ErrVersionNotFound, func(t *testing.T, c *client.Client) error {
			_, err := c.Version(t.Context(), "a", 9)
			return err
		}},
		{"no such id", registry.ErrSchemaNotFound, func(t *testing.T, c *client.Client) error {
			_, err := c.ByID(t.Context(), 9)
			return err
		}},
		{"no such id for a consumer", registry.ErrSchemaNotFound, func(t *testing.T, c *client.Client) error {
			_, err := c.Schema(t.Context(), 9)
			return err
		}},
		{"not in the subject", registry.ErrSchemaNotFound, func(t *testing.T, c *client.Client) error {
			_, err := c.ID(t.Context(), "a", codec.NewSchema("shop.Order", order2, codec.Fingerprints{}))
			return err
		}},
		{"broken schema", registry.ErrInvalidSchema, func(t *testing.T, c *client.Client) error {
			_, err := c.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: avro("{")})
			return err
		}},
		{"broken schema in a check", registry.ErrInvalidSchema, func(t *testing.T, c *client.Client) error {
			_, err := c.Check(t.Context(), registry.CheckRequest{Subject: "a", Schema: avro("{")})
			return err
		}},
		{"other type", registry.ErrIncompatible, func(t *testing.T, c *client.Client) error {
			_, err := c.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: registry.Schema{Type: "JSON", Text: "{}"}})
			return err
		}},
		{"incompatible", registry.ErrIncompatible, func(t *testing.T, c *client.Client) error {
			_, err := c.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: avro(order2)})
			return err
		}},
		{"subject name", registry.ErrInvalidSubject, func(t *testing.T, c *client.Client) error {
			_, err := c.Register(t.Context(), registry.RegisterRequest{Subject: "__GLOBAL", Schema: avro(order)})
			return err
		}},
		{"chosen id", registry.ErrNotPermitted, func(t *testing.T, c *client.Client) error {
			_, err := c.Register(t.Context(), registry.RegisterRequest{Subject: "b", Schema: avro(order), ID: 7})
			return err
		}},
		{"bad level", registry.ErrInvalidLevel, func(t *testing.T, c *client.Client) error {
			return c.SetLevel(t.Context(), "a", "SOME")
		}},
		{"level not set", registry.ErrConfigNotSet, func(t *testing.T, c *client.Client) error {
			_, err := c.Level(t.Context(), "a")
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
				c := newClient()
				register(t, c, "a", avro(order))
				if err := tc.ask(t, c); !errors.Is(err, tc.want) {
					t.Errorf("error %v, want %v", err, tc.want)
				}
			})
		})
	}
}

func TestAutoRegister(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx := t.Context()
		s := codec.NewSchema("shop.Orders", whole, codec.Fingerprints{})
		if _, err := newClient().ID(ctx, "a", s); !errors.Is(err, registry.ErrSubjectNotFound) {
			t.Errorf("without the option: %v", err)
		}
		equal(t, "registered", uint32(1), noErr[uint32](t)(newClient(client.WithAutoRegister()).ID(ctx, "a", s)))
		equal(t, "found without the option", uint32(1), noErr[uint32](t)(newClient().ID(ctx, "a", s)))
		equal(t, "versions", []int{1}, noErr[[]int](t)(newClient().Versions(ctx, "a", registry.Page{})))
	})
}

// A schema that was registered with references is found by its whole text.
func TestIDOfReferences(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		c := newClient(client.WithAutoRegister())
		register(t, c, "order", avro(order))
		e := register(t, c, "orders", avro(orders, registry.Reference{Name: "shop.Order", Subject: "order", Version: 1}))
		id := noErr[uint32](t)(c.ID(t.Context(), "orders", codec.NewSchema("shop.Orders", whole, codec.Fingerprints{})))
		equal(t, "id", e.ID, id)
		equal(t, "versions", []int{1}, noErr[[]int](t)(c.Versions(t.Context(), "orders", registry.Page{})))
	})
}

// A subject whose name is a slash cannot stand as it is in a path.
func TestSlash(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		equal(t, "registered", "/", register(t, c, "/", avro(order)).Subject)
		equal(t, "version", "/", noErr[registry.Entry](t)(c.Version(ctx, "/", 1)).Subject)
		equal(t, "looked up", 1, noErr[registry.Entry](t)(c.Lookup(ctx, registry.LookupRequest{Subject: "/", Schema: avro(order)})).Version)
		if err := c.SetLevel(ctx, "/", registry.LevelFull); err != nil {
			t.Fatal(err)
		}
		equal(t, "level", registry.LevelFull, noErr[registry.Level](t)(c.Level(ctx, "/")))
		equal(t, "deleted", []int{1}, noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "/"})))
	})
}

// References come by the whole names of their subjects where that is asked for.
func TestQualified(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		refs := []registry.Reference{{Name: "T", Subject: "t", Version: 1}}
		referred := registry.Schema{Text: `{"type":"record","name":"T","fields":[]}`}
		noErr[registry.Entry](t)(c.Register(ctx, registry.RegisterRequest{Subject: ":.x:t", Schema: referred}))
		s := registry.Schema{Text: `{"type":"record","name":"R","fields":[{"name":"t","type":"T"}]}`, References: refs}
		noErr[registry.Entry](t)(c.Register(ctx, registry.RegisterRequest{Subject: ":.x:r", Schema: s}))
		for qualified, want := range map[bool]string{true: ":.x:t", false: "t"} {
			e := noErr[registry.Entry](t)(c.ReadVersion(ctx, registry.VersionRequest{Subject: ":.x:r", Version: 1, Qualified: qualified}))
			equal(t, "subject of the reference", want, e.References[0].Subject)
		}
	})
}
