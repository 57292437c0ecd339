package client_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

func locked(t *testing.T, subject string, version int, id uint32, text string) client.LockedEntry {
	t.Helper()
	return client.LockedEntry{
		Subject: subject, Version: version, ID: id, Schema: text,
		Fingerprint: noErr[string](t)(client.Fingerprint(text)),
	}
}

func schemaOf(name, text string) *codec.Schema {
	return codec.NewSchema(name, text, codec.Fingerprints{})
}

func lockFile(t *testing.T, identity string, entries ...client.LockedEntry) *client.LockFile {
	t.Helper()
	f := &client.LockFile{}
	if err := f.Set(identity, entries); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLock(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := lockFile(t, "http://a", locked(t, "orders", 2, 9, order2), locked(t, "orders", 1, 7, order))
	l := noErr[*client.Lock](t)(f.Lock(""))
	var ids codec.IDSource = l
	var texts codec.SchemaSource = l
	equal(t, "id", uint32(7), noErr[uint32](t)(ids.ID(ctx, "orders", schemaOf("shop.Order", order))))
	spaced := strings.ReplaceAll(order2, ",", ", ")
	equal(t, "id of another spelling", uint32(9), noErr[uint32](t)(ids.ID(ctx, "orders", schemaOf("shop.Order", spaced))))
	equal(t, "text of an older version", order, noErr[string](t)(texts.Schema(ctx, 7)))
	documented := strings.Replace(order, `"fields"`, `"doc":"x","fields"`, 1)
	for what, ask := range map[string]func() error{
		"other subject": func() error { _, err := ids.ID(ctx, "other", schemaOf("shop.Order", order)); return err },
		"other schema":  func() error { _, err := ids.ID(ctx, "orders", schemaOf("shop.Order", documented)); return err },
		"other id":      func() error { _, err := texts.Schema(ctx, 8); return err },
		"other registry": func() error {
			_, err := f.Lock("http://b")
			return err
		},
	} {
		wantErr(t, what, client.ErrNotLocked, ask())
	}
}

func TestLockFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), client.LockName)
	_, err := client.ReadLockFile(os.DirFS(filepath.Dir(name)), client.LockName)
	wantErr(t, "not there", fs.ErrNotExist, err)

	f := lockFile(t, "http://b", locked(t, "orders", 1, 7, order))
	if err := f.Set("cluster:x", []client.LockedEntry{locked(t, "orders", 1, 1, order)}); err != nil {
		t.Fatal(err)
	}
	equal(t, "written", true, noErr[bool](t)(f.WriteFile(name)))
	equal(t, "written again", false, noErr[bool](t)(f.WriteFile(name)))
	read := noErr[*client.LockFile](t)(client.ReadLockFile(os.DirFS(filepath.Dir(name)), client.LockName))
	equal(t, "registries", []string{"cluster:x", "http://b"}, read.Registries())
	equal(t, "text", string(noErr[[]byte](t)(f.Text())), string(noErr[[]byte](t)(read.Text())))
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 {
		t.Errorf("files: %v, %v", entries, err)
	}
	_, err = read.Lock("")
	wantErr(t, "several registries", client.ErrNotLocked, err)
	if _, err := f.WriteFile(filepath.Join(name, "x")); err == nil {
		t.Error("written into a file")
	}
}

func TestLockFileRefuses(t *testing.T) {
	t.Parallel()
	text := string(noErr[[]byte](t)(lockFile(t, "http://a", locked(t, "orders", 1, 7, order), locked(t, "others", 1, 8, order2)).Text()))
	for name, change := range map[string]struct{ from, to, want string }{
		"no JSON":       {"{", "", "not what schema push writes"},
		"other members": {`"subject"`, `"topic"`, "unknown field"},
		"other schema":  {`\"long\"`, `\"int\"`, "fingerprint"},
		"no schema":     {`{\"type\":\"record\"`, `{`, "not a valid Avro schema"},
		"no id":         {`"id": 7`, `"id": 0`, "an id from 1"},
		"id twice":      {`"id": 7`, `"id": 8`, "id 8 has another schema"},
		"version twice": {`"others"`, `"orders"`, "there twice"},
		"no registry":   {`"http://a"`, `""`, "registry"},
	} {
		changed := strings.Replace(text, change.from, change.to, 1)
		if changed == text {
			t.Fatalf("%s: nothing to change in %s", name, text)
		}
		_, err := client.ReadLockFile(fstest.MapFS{"l": {Data: []byte(changed)}}, "l")
		if err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s: error %v, want %q", name, err, change.want)
		}
	}
}

// A client asks the lock first, and the registry for what it lacks.
func TestWithLock(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	reg, err := registry.New(memory.New())
	if err != nil {
		t.Fatal(err)
	}
	handler := httpapi.NewHandler(reg, httpapi.WithCluster("prod", ""))
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	seed := newHTTP(t, srv.URL)
	equal(t, "identity", "cluster:prod", noErr[string](t)(seed.Identity(ctx)))
	register(t, seed, "known", avro(order2))

	for name, tc := range map[string]struct {
		identity string
		opts     []client.Option
		id       uint32 // of what the lock has with id 77, and the registry does not
		requests string
	}{
		"by URL":         {srv.URL, nil, 77, ""},
		"by name":        {"cluster:prod", nil, 77, "GET /v1/metadata/id"},
		"by a given one": {"cluster:prod", []client.Option{client.WithIdentity("cluster:prod")}, 77, ""},
		"a given URL":    {"http://old", []client.Option{client.WithIdentity("http://old")}, 77, ""},
		"given another":  {srv.URL, []client.Option{client.WithIdentity("cluster:other")}, 0, "POST /subjects/orders"},
		"other name":     {"cluster:other", nil, 0, "GET /v1/metadata/id, POST /subjects/orders"},
		"of another":     {"http://elsewhere", nil, 0, "POST /subjects/orders"},
	} {
		f := lockFile(t, tc.identity, locked(t, "orders", 1, 77, order))
		c := newHTTP(t, srv.URL, append(tc.opts, client.WithLock(f))...)
		asked = nil
		id, err := c.ID(ctx, "orders", schemaOf("shop.Order", order))
		if id != tc.id || (tc.id == 0) != errors.Is(err, registry.ErrSubjectNotFound) {
			t.Errorf("%s: id %d, error %v", name, id, err)
		}
		equal(t, name+": requests", tc.requests, strings.Join(asked, ", "))
		if tc.id != 0 {
			equal(t, name+": text", order, noErr[string](t)(c.Schema(ctx, 77)))
			equal(t, name+": requests after the text", tc.requests, strings.Join(asked, ", "))
		}
		equal(t, name+": what the lock lacks", uint32(1), noErr[uint32](t)(c.ID(ctx, "known", schemaOf("shop.Order", order2))))
	}
}

// Without the registry the lock is enough, when it is clear which one it is about.
func TestWithLockOffline(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := newHTTP(t, srv.URL, client.WithRetries(0, 1), client.WithLock(lockFile(t, srv.URL, locked(t, "orders", 1, 7, order))))
	equal(t, "id", uint32(7), noErr[uint32](t)(c.ID(ctx, "orders", schemaOf("shop.Order", order))))
	equal(t, "text", order, noErr[string](t)(c.Schema(ctx, 7)))
	c = newHTTP(t, srv.URL, client.WithRetries(0, 1), client.WithLock(lockFile(t, "cluster:x", locked(t, "orders", 1, 7, order))))
	_, err := c.ID(ctx, "orders", schemaOf("shop.Order", order))
	wantErr(t, "unknown registry", client.ErrUnreachable, err)
}
