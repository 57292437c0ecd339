package tree_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
	"github.com/schemactl/schemactl/registry/tree"
)

func newClient(t *testing.T) *client.Client {
	t.Helper()
	reg, err := registry.New(memory.New())
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpapi.NewHandler(reg))
	t.Cleanup(srv.Close)
	c, err := client.New(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func naming(t *testing.T, words ...string) tree.Naming {
	t.Helper()
	n, err := tree.ParseNaming(words)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func read(t *testing.T, files map[string]string, n tree.Naming) *tree.Tree {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tr, err := tree.Read(t.Context(), fsys, "", n)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func push(t *testing.T, tr *tree.Tree, c *client.Client) []tree.Verdict {
	t.Helper()
	list, err := tr.Push(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// lines are verdicts, one a line.
func lines(list []tree.Verdict) []string {
	var out []string
	for _, v := range list {
		out = append(out, fmt.Sprintf("%s %d %d %s", v.Subject, v.Version, v.ID, v.State))
	}
	return out
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

const (
	money  = `{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"amount","type":"long"}]}`
	placed = `{"type":"record","name":"Placed","namespace":"shop","schemactl.topic":"orders","schemactl.key":"id","fields":[{"name":"id","type":"long"},{"name":"total","type":"Money"}]}`
	paid   = `{"type":"record","name":"Paid","namespace":"shop","schemactl.topic":"orders","schemactl.key":"id","fields":[{"name":"id","type":"long"},{"name":"sum","type":"Money"}]}`
)

func shop() map[string]string {
	return map[string]string{"money.avsc": money, "events/placed.avsc": placed, "events/paid.avsc": paid}
}

func TestPush(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	tr := read(t, shop(), naming(t, "orders=topic-record"))
	same(t, "first push", []string{
		"shop.Money 1 1 new subject", "orders-shop.Paid 1 2 new subject", "orders-shop.Placed 1 3 new subject",
	}, lines(push(t, tr, c)))
	same(t, "second push", []string{
		"shop.Money 1 1 unchanged", "orders-shop.Paid 1 2 unchanged", "orders-shop.Placed 1 3 unchanged",
	}, lines(push(t, tr, c)))
	e, err := c.Version(t.Context(), "orders-shop.Placed", 1)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "references", []registry.Reference{{Name: "shop.Money", Subject: "shop.Money", Version: 1}}, e.References)

	// A type that others refer to changes, and so do these.
	files := shop()
	files["money.avsc"] = strings.Replace(money, `"long"}`, `"long"},{"name":"currency","type":"string","default":"EUR"}`, 1)
	same(t, "changed type", []string{
		"shop.Money 2 4 new version", "orders-shop.Paid 2 5 new version", "orders-shop.Placed 2 6 new version",
	}, lines(push(t, read(t, files, naming(t, "topic-record")), c)))
}

// When one schema is refused, all that are refused are told, and none is registered.
func TestPushRefused(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newClient(t)
	push(t, read(t, shop(), naming(t, "topic-record")), c)
	if err := c.SetMode(ctx, registry.SetModeRequest{Name: "shop.Locked", Mode: registry.ModeReadOnly}); err != nil {
		t.Fatal(err)
	}
	files := shop()
	files["money.avsc"] = strings.Replace(money, `"long"`, `"string"`, 1)
	files["locked.avsc"] = strings.Replace(money, "Money", "Locked", 1)
	files["new.avsc"] = strings.Replace(money, "Money", "New", 1)
	tr := read(t, files, naming(t, "topic-record"))
	_, err := tr.Push(ctx, c)
	refused, ok := errors.AsType[*tree.RefusedError](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	same(t, "verdicts", []string{
		"shop.Locked 0 0 refused", "shop.Money 0 0 refused", "shop.New 0 0 new subject", "orders-shop.Paid 0 0 refused", "orders-shop.Placed 0 0 refused",
	}, sorted(lines(refused.Verdicts)))
	for _, v := range refused.Verdicts {
		text := strings.Join(v.Messages, "\n")
		if v.State == tree.Refused && !strings.Contains(text, "TYPE_MISMATCH") && !strings.Contains(text, "READONLY") {
			t.Errorf("%s: messages %q", v.Subject, text)
		}
	}
	names, err := c.Subjects(ctx, registry.SubjectsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "subjects", []string{"orders-shop.Paid", "orders-shop.Placed", "shop.Money"}, names)
	checked, err := tr.Check(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "check", lines(refused.Verdicts), lines(checked))
}

func sorted(list []string) []string {
	byName := map[string]string{}
	for _, s := range list {
		name, _, _ := strings.Cut(s, " ")
		byName[name[strings.LastIndex(name, "shop."):]] = s
	}
	var out []string
	for _, name := range []string{"shop.Locked", "shop.Money", "shop.New", "shop.Paid", "shop.Placed"} {
		out = append(out, byName[name])
	}
	return out
}

// What another context has under the subjects' names is not taken for theirs.
func TestPushBesideAContext(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newClient(t)
	register := func(subject, text string, refs ...registry.Reference) {
		t.Helper()
		if _, err := c.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: registry.Schema{Type: registry.Avro, Text: text, References: refs}}); err != nil {
			t.Fatal(err)
		}
	}
	register("zed", `"string"`)
	register(":.copy:shop.Money", money)
	register(":.copy:orders-shop.Paid", paid, registry.Reference{Name: "shop.Money", Subject: "shop.Money", Version: 1})
	tr := read(t, map[string]string{"money.avsc": money, "paid.avsc": paid}, naming(t, "topic-record"))
	verdicts := push(t, tr, c)
	same(t, "push", []string{"shop.Money 1 2 new subject", "orders-shop.Paid 1 3 new subject"}, lines(verdicts))
	entries, err := tr.Lock(ctx, c, verdicts, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "locked", 2, len(entries))
	for _, e := range entries {
		if text, err := c.Schema(ctx, e.ID); err != nil || text != e.Schema {
			t.Errorf("%s: id %d is %s, %v; the lock file says %s", e.Subject, e.ID, text, err, e.Schema)
		}
	}

	// Gone since it was pushed.
	if _, err := c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "orders-shop.Paid"}); err != nil {
		t.Fatal(err)
	}
	if entries, err := tr.Lock(ctx, c, verdicts, nil); !errors.Is(err, registry.ErrSubjectNotFound) {
		t.Errorf("locked what another context has: %+v, %v", entries, err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		subjects string
		words    []string
		want     string
	}{
		"two events of a topic": {"", nil, `--strategy orders=topic-record`},
		"no such type":          {`{"shop.Nothing": ["a"]}`, []string{"record"}, "shop.Nothing, which no schema defines"},
		"by hand, twice":        {`{"shop.Money": ["a"], "shop.Paid": ["b", "a"]}`, []string{"record"}, `"a": name another one in subjects.json`},
		"empty":                 {`{"shop.Money": [""]}`, []string{"record"}, "empty subject"},
		"no lists":              {`{"shop.Money": "a"}`, []string{"record"}, "want an object of lists"},
	} {
		fsys := fstest.MapFS{}
		for file, text := range shop() {
			fsys[file] = &fstest.MapFile{Data: []byte(text)}
		}
		if tc.subjects != "" {
			fsys[tree.SubjectsName] = &fstest.MapFile{Data: []byte(tc.subjects)}
		}
		_, err := tree.Read(t.Context(), fsys, "", naming(t, tc.words...))
		if !errors.Is(err, tree.ErrSubjects) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
	if _, err := tree.ParseNaming([]string{"orders=both"}); !errors.Is(err, tree.ErrNaming) {
		t.Errorf("strategy: %v", err)
	}
}

// The lock file of a push gives an outbox its ids, without a registry.
func TestLock(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newClient(t)
	tr, err := tree.Read(ctx, os.DirFS("../../schemas/avro"), "", naming(t, "messages=topic-record"))
	if err != nil {
		t.Fatal(err)
	}
	verdicts := push(t, tr, c)
	entries, err := tr.Lock(ctx, c, verdicts, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := &client.LockFile{}
	if err := file.Set("x", entries); err != nil {
		t.Fatal(err)
	}
	lock, err := file.Lock("x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.New(ctx, lock, events.AvroEvents(), outbox.WithSubjectNaming("messages", codec.TopicRecordName)); err != nil {
		t.Error(err)
	}
	for _, event := range events.AvroEvents() {
		naming := codec.TopicName
		if event.EventTopic() == "messages" {
			naming = codec.TopicRecordName
		}
		subject := naming(event.EventTopic(), event.AvroSchema())
		id, err := lock.ID(ctx, subject, event.AvroSchema())
		want, werr := c.ID(ctx, subject, event.AvroSchema())
		if err != nil || werr != nil || id != want {
			t.Errorf("%s: id %d, %v; the registry's %d, %v", subject, id, err, want, werr)
		}
	}
	again, err := tr.Lock(ctx, c, push(t, tr, c), lock)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "again", entries, again)

	// A subject that was removed and made again counts from 1 again.
	for _, permanent := range []bool{false, true} {
		if _, err := c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "accounts-value", Permanent: permanent}); err != nil {
			t.Fatal(err)
		}
	}
	again, err = tr.Lock(ctx, c, push(t, tr, c), lock)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range again {
		if changed := e != entries[i]; changed != (e.Subject == "accounts-value") {
			t.Errorf("%s: id %d, was %d", e.Subject, e.ID, entries[i].ID)
		}
	}
}

func TestPull(t *testing.T) {
	t.Parallel()
	ctx, c, dir := t.Context(), newClient(t), t.TempDir()
	push(t, read(t, shop(), naming(t, "topic-record")), c)
	// What other tools may have made.
	for subject, text := range map[string]string{
		"payments-value": `{"type":"record","name":"Payment","namespace":"shop","fields":[{"name":"inner","type":{"type":"record","name":"Inner","fields":[]}}]}`,
		"refunds-value":  `{"type":"record","name":"Payment","namespace":"shop","fields":[{"name":"inner","type":{"type":"record","name":"Inner","fields":[]}}]}`,
		"other-value":    `{"type":"record","name":"Other","namespace":"shop","fields":[{"name":"again","type":{"type":"record","name":"Inner","fields":[]}}]}`,
		"payments-key":   `"string"`,
	} {
		if _, err := c.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: registry.Schema{Type: registry.Avro, Text: text}}); err != nil {
			t.Fatal(err)
		}
	}
	pull := func() *tree.PullResult {
		t.Helper()
		result, err := tree.Pull(ctx, c, tree.PullRequest{Dir: dir, Naming: naming(t, "topic-record")})
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	first := pull()
	same(t, "notes", []string{"payments-key: left out, a file of a tree is a record, an enum or a fixed, and it is string"}, first.Notes)
	for _, f := range first.Files {
		if !f.Changed {
			t.Errorf("%s was not written", f.Path)
		}
	}
	byHand, err := os.ReadFile(filepath.Join(dir, tree.SubjectsName))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "subjects.json", "{\n  \"shop.Other\": [\n    \"other-value\"\n  ],\n  \"shop.Payment\": [\n    \"payments-value\",\n    \"refunds-value\"\n  ]\n}\n", string(byHand))

	tr, err := tree.Read(ctx, os.DirFS(dir), dir, naming(t, "topic-record"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range push(t, tr, c) {
		if v.State != tree.Unchanged {
			t.Errorf("pushed again: %+v", v)
		}
	}
	for _, f := range pull().Files {
		if f.Changed {
			t.Errorf("%s was written again", f.Path)
		}
	}
	// Into another registry, and back.
	other := newClient(t)
	push(t, tr, other)
	for _, v := range push(t, tr, other) {
		if v.State != tree.Unchanged {
			t.Errorf("pushed into another registry: %+v", v)
		}
	}
}

func TestPullNotes(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newClient(t)
	push(t, read(t, shop(), naming(t, "topic-record")), c)
	changed := strings.Replace(money, `"long"}`, `"long"},{"name":"currency","type":"string","default":"EUR"}`, 1)
	register := func(subject, text string) {
		t.Helper()
		if _, err := c.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: registry.Schema{Type: registry.Avro, Text: text}}); err != nil {
			t.Fatal(err)
		}
	}
	register("shop.Money", changed)
	result, err := tree.Pull(ctx, c, tree.PullRequest{Dir: t.TempDir(), Prefix: "orders-shop.Paid", Naming: naming(t, "topic-record")})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "notes", []string{"orders-shop.Paid: it refers to version 1 of shop.Money, whose newest is 2: a push would make a new version of it"}, result.Notes)
	same(t, "files", 2, len(result.Files))

	register("prices-value", money)
	dir := filepath.Join(t.TempDir(), "new")
	_, err = tree.Pull(ctx, c, tree.PullRequest{Dir: dir, Naming: naming(t, "topic-record")})
	if !errors.Is(err, tree.ErrConflict) || !strings.Contains(err.Error(), "shop.Money") {
		t.Errorf("conflict: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}

// References without a context are followed in the context of what refers to them,
// whatever the default one has under that name.
func TestPullOfAContext(t *testing.T) {
	t.Parallel()
	unlike := strings.Replace(money, `"long"`, `"string"`, 1)
	for name, beside := range map[string]string{"alone": "", "beside one like it": money, "beside one unlike it": unlike} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, c, dir := t.Context(), newClient(t), t.TempDir()
			register := func(subject, text string, refs ...registry.Reference) {
				t.Helper()
				if _, err := c.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: registry.Schema{Type: registry.Avro, Text: text, References: refs}}); err != nil {
					t.Fatal(err)
				}
			}
			if beside != "" {
				register("shop.Money", beside)
			}
			register(":.copy:shop.Money", money)
			register(":.copy:paid-value", paid, registry.Reference{Name: "shop.Money", Subject: "shop.Money", Version: 1})
			register(":.copy:shop.Money", strings.Replace(money, `"long"}`, `"long","default":0}`, 1))
			result, err := tree.Pull(ctx, c, tree.PullRequest{Dir: dir, Prefix: ":.copy:paid", Naming: naming(t)})
			if err != nil {
				t.Fatal(err)
			}
			same(t, "notes", []string{":.copy:paid-value: it refers to version 1 of :.copy:shop.Money, whose newest is 2: a push would make a new version of it"}, result.Notes)
			byHand, err := os.ReadFile(filepath.Join(dir, tree.SubjectsName))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "subjects.json", "{\n  \"shop.Money\": [\n    \":.copy:shop.Money\"\n  ],\n  \"shop.Paid\": [\n    \":.copy:paid-value\"\n  ]\n}\n", string(byHand))
		})
	}
}

// A subject that goes while it is pulled is not answered by another context's.
func TestPullOfWhatGoes(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := `["a"]`
		switch {
		case strings.HasPrefix(r.URL.Path, "/config"):
			body = `{"compatibilityLevel":"FULL"}`
		case r.URL.Path != "/subjects":
			body = `{"subject":":.copy:a","version":1,"id":1,"schema":"{\"type\":\"record\",\"name\":\"x\",\"fields\":[]}"}`
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Log(err)
		}
	}))
	t.Cleanup(srv.Close)
	c, err := client.New(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	result, err := tree.Pull(t.Context(), c, tree.PullRequest{Dir: t.TempDir()})
	if err != nil || len(result.Files) != 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	same(t, "notes", "a: it has no version, or none any more", result.Notes[0])
}

// A registry of another make may hold any name; none leads out of the folder.
func TestPullStaysInside(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := `["a"]`
		if r.URL.Path != "/subjects" {
			body = `{"subject":"a","version":1,"id":1,"schema":"{\"type\":\"record\",\"name\":\"x\",\"namespace\":\"../up\",\"fields\":[]}"}`
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Log(err)
		}
	}))
	t.Cleanup(srv.Close)
	c, err := client.New(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	result, err := tree.Pull(t.Context(), c, tree.PullRequest{Dir: t.TempDir()})
	if err != nil || len(result.Files) != 0 || len(result.Notes) == 0 || !strings.Contains(result.Notes[0], "no Avro name") {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestPullAll(t *testing.T) {
	t.Parallel()
	ctx, c, dir := t.Context(), newClient(t), t.TempDir()
	push(t, read(t, shop(), naming(t, "topic-record")), c)
	for _, subject := range []string{"a/b", ".."} {
		if _, err := c.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: registry.Schema{Type: registry.Avro, Text: `"string"`}}); err != nil {
			t.Fatal(err)
		}
	}
	result, err := tree.PullAll(ctx, c, tree.PullRequest{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range result.Files {
		at, err := filepath.Rel(dir, f.Path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(f.Path); err != nil {
			t.Error(err)
		}
		paths = append(paths, filepath.ToSlash(at))
	}
	same(t, "files", []string{"%2E%2E/1.avsc", "a%2Fb/1.avsc", "orders-shop.Paid/1.avsc", "orders-shop.Placed/1.avsc", "shop.Money/1.avsc"}, paths)
	text, err := os.ReadFile(filepath.Join(dir, tree.VersionsName))
	if err != nil || !strings.Contains(string(text), `"name": "shop.Money"`) {
		t.Errorf("%s: %s, %v", tree.VersionsName, text, err)
	}
}
