package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// FuzzCalls makes calls that clients make, in any order, and holds what they are
// answered against what has to be true of any registry.
func FuzzCalls(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 0, 3, 0, 0, 3, 0, 1, 0, 0, 1, 0})                                     // the highest id is removed
	f.Add([]byte{5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 4, 0, 1, 0, 4, 0, 1, 1, 0, 0, 3, 0})       // the last of two versions
	f.Add([]byte{0, 0, 2, 0, 0, 1, 14, 200, 0, 0, 3, 0, 0, 3, 0, 1, 3, 1, 0, 3, 1, 1, 3, 0, 1}) // one that is referred to
	f.Add([]byte{6, 0, 2, 9, 0, 0, 4, 2, 9, 0, 1, 4, 0, 9, 0, 1, 2, 0, 6, 0, 0, 0, 0, 4, 0})    // ids that are given
	f.Add([]byte{4, 3, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 2})
	f.Add([]byte{5, 2, 0, 0, 0, 1, 5, 9, 5, 0, 0, 0, 1, 2, 0, 3, 1, 6, 1})
	f.Add([]byte("22y0!2022y02")) // a name that is at first read from another context
	f.Add([]byte("0000002000010000802100000"))
	f.Add([]byte("2200020220\xf60220")) // metadata that only the newer of two versions has
	// An id that was purged is given again by who imports.
	f.Add([]byte("201000Y0]\x99\xe3\x14\x9a\x02\xfd\x8d\xec°\x9d_\\0\xd9u\x1e\x9a\xf1 !0080200000010080"))
	for i := range byte(40) {
		f.Add([]byte{0, i, i, 1, 0, i + 1, i, 2, i % 8, 1, 2, 0, i, 1, 0, 2, i, 3, 1, i, 7, i, 0, 1, 1})
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		m := &model{t: t, grown: newGrown(t), given: map[string]string{}}
		s := source{input}
		for range 40 {
			m.step(&s)
			if t.Failed() {
				t.Fatalf("calls:\n%s\nlog %s", strings.Join(m.calls, "\n"), m.log)
			}
			if len(s.rest) == 0 {
				return
			}
		}
	})
}

// model is what was answered so far.
type model struct {
	*grown
	t     *testing.T
	given map[string]string // the GUID by context and id, for ever
	calls []string
}

var (
	modelSubjects = []string{"a", "b", ":.c:a", ":.c:b"}
	modelSchemas  = []string{
		`"int"`, `"long"`, `{"type":"record","name":"R","fields":[]}`, `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":1}]}`,
		`{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}`, `{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}`,
		`{ "fields":[{"type":"int","name":"a"}], "name":"R", "type":"record" }`, `{"type":"record","name":"R","fields":[{"name":"a","type":["null","int"]}]}`,
		`{"type":"record","name":"R","x":1,"y":2,"fields":[]}`, `{"type":"record","name":"R","y":2,"x":1,"fields":[]}`, `["null","int"]`, `{"type":"int"}`,
		`{"type":"enum","name":"E","symbols":["A"]}`, `{"type":"enum","name":"E","symbols":["A","B"]}`, `{"type":"record","name":"S","fields":[{"name":"r","type":"R"}]}`,
	}
)

type modelEntry struct {
	ID      uint32 `json:"id"`
	Version int    `json:"version"`
	GUID    string `json:"guid"`
	Subject string `json:"subject"`
	// Metadata is what a registration may have taken from the version before.
	Metadata json.RawMessage `json:"metadata"`
}

func (m *model) step(s *source) {
	kind, subject := s.byte()%10, s.pick(modelSubjects)
	path := "/subjects/" + subject
	switch kind {
	case 0, 1, 2:
		m.register(subject, m.body(s))
	case 3:
		m.call(http.MethodDelete, path+permanent(s), "")
	case 4:
		m.call(http.MethodDelete, fmt.Sprintf("%s/versions/%d%s", path, 1+s.byte()%4, permanent(s)), "")
	case 5:
		level := s.pick([]string{"NONE", "BACKWARD", "FORWARD_TRANSITIVE", "FULL", "BACKWARD_TRANSITIVE"})
		name := "/" + subject
		if s.byte()%2 == 0 {
			name = ""
		}
		m.call(http.MethodPut, "/config"+name, `{"compatibility":"`+level+`"}`)
	case 6:
		m.call(http.MethodPut, "/mode/"+subject+"?force=true", `{"mode":"`+s.pick([]string{"READWRITE", "READONLY", "IMPORT"})+`"}`)
	case 7:
		m.call(http.MethodDelete, s.pick([]string{"/config", "/mode", "/config/" + subject, "/mode/" + subject, "/contexts/.c"}), "")
	case 8:
		m.call(http.MethodPut, "/config/"+subject, `{"normalize":`+s.pick([]string{"true", "false"})+`}`)
	case 9:
		m.register(subject, fmt.Sprintf(`{"schema":%s,"id":%d,"version":%d}`, quote(s.pick(modelSchemas)), 1+s.byte()%9, 1+s.byte()%5))
	}
	m.ascending(subject)
}

func permanent(s *source) string { return s.pick([]string{"", "?permanent=true"}) }

// body is a schema, sometimes with what makes it another one.
func (*model) body(s *source) string {
	schema := quote(s.pick(modelSchemas))
	switch which := s.byte(); {
	case which >= 230:
		return fmt.Sprintf(`{"schema":%s,"metadata":{"properties":{"k":%q}}}`, schema, s.pick([]string{"1", "2"}))
	case which >= 200:
		return fmt.Sprintf(`{"schema":%s,"references":[{"name":"R","subject":%q,"version":%d}]}`, schema, s.pick(modelSubjects), 1+s.byte()%2)
	}
	return fmt.Sprintf(`{"schema":%s}`, schema)
}

// call makes a call, whose answer has the contract's form.
func (m *model) call(method, target, body string) (int, []byte) {
	m.t.Helper()
	r := httptest.NewRequestWithContext(m.t.Context(), method, target, strings.NewReader(body))
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	m.calls = append(m.calls, fmt.Sprintf("%s %s %s -> %d %s", method, target, body, w.Code, w.Body))
	m.check(m.t, r, w.Result(), w.Body.Bytes())
	return w.Code, w.Body.Bytes()
}

func read[T any](m *model, body []byte) T {
	m.t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		m.t.Errorf("%v in %q", err, body)
	}
	return v
}

// register checks a schema, registers it, and looks it up again.
func (m *model) register(subject, body string) {
	m.t.Helper()
	path := "/subjects/" + subject
	before := m.own(subject)
	_, modeBody := m.call(http.MethodGet, "/mode/"+subject+"?defaultToGlobal=true", "")
	mode := read[map[string]string](m, modeBody)["mode"]
	if mode == "IMPORT" {
		m.forget(subject, read[modelEntry](m, []byte(body)).ID)
	}
	checked, checkBody := m.call(http.MethodPost, "/compatibility"+path+"/versions", body)
	status, answer := m.call(http.MethodPost, path+"/versions", body)
	fits := checked == http.StatusOK && read[map[string]bool](m, checkBody)["is_compatible"]
	if status != http.StatusOK {
		if status == http.StatusConflict && fits {
			m.t.Error("the check says that it fits, and it is refused")
		}
		if after := m.own(subject); !slices.Equal(before, after) {
			m.t.Errorf("a refused registration changes versions from %v to %v", before, after)
		}
		return
	}
	e := read[modelEntry](m, answer)
	if e.Subject != subject {
		m.t.Errorf("registered in %q, not in %q", e.Subject, subject)
	}
	isNew := !slices.Contains(before, e.Version)
	if isNew && mode != "IMPORT" {
		if !fits {
			m.t.Error("the check says that it does not fit, and it is a version by now")
		}
		if next := append([]int{0}, before...)[len(before)] + 1; e.Version != next {
			m.t.Errorf("version %d comes after %v", e.Version, before)
		}
	}
	m.once(e)
	again, second := m.call(http.MethodPost, path, body)
	found := read[modelEntry](m, second)
	asGiven := e.Metadata != nil && found.Metadata == nil && !strings.Contains(body, `"metadata"`)
	if again != http.StatusOK || !asGiven && !found.is(e) {
		m.t.Errorf("the lookup finds %+v, not %+v", found, e)
	}
	if twice, third := m.call(http.MethodPost, path+"/versions", body); mode != "IMPORT" && (twice != http.StatusOK || !read[modelEntry](m, third).is(e)) {
		m.t.Errorf("the same again is %s, not %+v", third, e)
	}
}

// is tells whether two answers name the same version.
func (e modelEntry) is(o modelEntry) bool {
	return e.ID == o.ID && e.Version == o.Version && e.GUID == o.GUID
}

// forget says that an id may come to stand for another content: it is chosen by who
// imports, and nothing has it any more.
func (m *model) forget(subject string, id uint32) {
	m.t.Helper()
	status, body := m.call(http.MethodGet, fmt.Sprintf("/schemas/ids/%d?subject=%s", id, subject), "")
	key := idKey(subject, id)
	if status == http.StatusNotFound || idKey(read[modelEntry](m, body).Subject, id) != key {
		delete(m.given, key)
	}
}

// idKey names an id: each context has its own.
func idKey(subject string, id uint32) string {
	contextName := "."
	if strings.HasPrefix(subject, ":.c:") {
		contextName = ".c"
	}
	return fmt.Sprint(contextName, " ", id)
}

// once holds that an id stands for one content, also after that was purged.
func (m *model) once(e modelEntry) {
	m.t.Helper()
	key := idKey(e.Subject, e.ID)
	if former, ok := m.given[key]; ok && former != e.GUID {
		m.t.Errorf("id %s was given to %s and to %s", key, former, e.GUID)
	}
	m.given[key] = e.GUID
}

// own are the versions of a subject, none when it is not there: a name that the
// default context lacks is read from another one.
func (m *model) own(subject string) []int {
	m.t.Helper()
	_, body := m.call(http.MethodGet, "/subjects?deleted=true", "")
	if !slices.Contains(read[[]string](m, body), subject) {
		return nil
	}
	return m.versions(subject)
}

// versions are all that is read under a subject's name, deleted ones too.
func (m *model) versions(subject string) []int {
	m.t.Helper()
	status, body := m.call(http.MethodGet, "/subjects/"+subject+"/versions?deleted=true", "")
	if status == http.StatusNotFound {
		return nil
	}
	return read[[]int](m, body)
}

// ascending holds that versions rise, and that each of them can be read.
func (m *model) ascending(subject string) {
	m.t.Helper()
	list := m.versions(subject)
	if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
		m.t.Errorf("versions %v of %s", list, subject)
	}
	for _, n := range list {
		status, body := m.call(http.MethodGet, fmt.Sprintf("/subjects/%s/versions/%d?deleted=true", subject, n), "")
		e := read[modelEntry](m, body)
		if status != http.StatusOK || e.Version != n {
			m.t.Errorf("version %d of %s is listed and cannot be read", n, subject)
		}
		m.once(e)
		if status, _ := m.call(http.MethodGet, fmt.Sprintf("/schemas/ids/%d?subject=%s", e.ID, subject), ""); status != http.StatusOK {
			m.t.Errorf("id %d of %s cannot be read", e.ID, subject)
		}
	}
}
