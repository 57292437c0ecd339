package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/registry"
)

// remote is a registry behind HTTP.
type remote struct {
	base   string // without credentials and without a slash at the end
	shown  string
	config config
}

func newRemote(baseURL string, opts []Option) (*remote, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The URL is not shown: where it cannot be read, nobody knows what in it is secret.
		return nil, fmt.Errorf("the registry's URL is not of the form http://host:port or https://host:port")
	}
	c := defaults()
	if u.User != nil {
		c.user = u.User.Username()
		c.pass, _ = u.User.Password()
	}
	for _, opt := range opts {
		if err := opt.apply(&c); err != nil {
			return nil, err
		}
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	base := strings.TrimRight(u.String(), "/")
	return &remote{base: base, shown: base, config: c}, nil
}

// POST /subjects/{subject}/versions
func (r *remote) Register(ctx context.Context, req registry.RegisterRequest) (registry.Entry, error) {
	body := newSchemaBody(req.Schema)
	body.Version, body.ID = req.Version, req.ID
	var b entryBody
	q := url.Values{}
	setFlag(q, "normalize", req.Normalize)
	setFlag(q, "force", req.Force)
	err := r.do(ctx, http.MethodPost, "/subjects/"+segment(req.Subject)+"/versions"+encode(q), body, &b)
	if err != nil {
		return registry.Entry{}, err
	}
	e := b.entry()
	if e.Subject == "" { // others do not say
		e.Subject = req.Subject
	}
	if e.Text == "" { // old servers answer the id alone
		e.Schema = req.Schema
	}
	return e, nil
}

// POST /subjects/{subject}
func (r *remote) Lookup(ctx context.Context, req registry.LookupRequest) (registry.Entry, error) {
	q := url.Values{}
	setFlag(q, "deleted", req.Deleted != registry.WithoutDeleted)
	setFlag(q, "normalize", req.Normalize)
	if req.Resolved {
		q.Set("format", "resolved")
	}
	return r.entry(ctx, http.MethodPost, "/subjects/"+segment(req.Subject)+encode(q), newSchemaBody(req.Schema))
}

func (r *remote) entry(ctx context.Context, method, path string, body any) (registry.Entry, error) {
	var b entryBody
	if err := r.do(ctx, method, path, body, &b); err != nil {
		return registry.Entry{}, err
	}
	return b.entry(), nil
}

// POST /compatibility/subjects/{subject}/versions
// POST /compatibility/subjects/{subject}/versions/{version}
func (r *remote) Check(ctx context.Context, req registry.CheckRequest) (registry.CheckResult, error) {
	path := "/compatibility/subjects/" + segment(req.Subject) + "/versions"
	if req.Version != 0 {
		path += "/" + versionSegment(req.Version)
	}
	// Without verbose a refusal has no reasons, but with it a text that cannot
	// be read is no error. So that both are had, the second question is put
	// only after the first was answered.
	var b struct {
		Compatible bool     `json:"is_compatible"`
		Messages   []string `json:"messages"`
	}
	q := url.Values{}
	setFlag(q, "normalize", req.Normalize)
	if !req.Verbose {
		if err := r.do(ctx, http.MethodPost, path+encode(q), newSchemaBody(req.Schema), &b); err != nil || b.Compatible {
			return registry.CheckResult{Compatible: b.Compatible}, err
		}
	}
	q.Set("verbose", "true")
	err := r.do(ctx, http.MethodPost, path+encode(q), newSchemaBody(req.Schema), &b)
	if err != nil {
		return registry.CheckResult{}, err
	}
	if len(b.Messages) == 0 {
		b.Messages = nil
	}
	return registry.CheckResult{Compatible: b.Compatible, Messages: b.Messages}, nil
}

// GET /subjects
func (r *remote) Subjects(ctx context.Context, req registry.SubjectsRequest) ([]string, error) {
	q := pageQuery(req.Page)
	setDeleted(q, req.Deleted)
	if req.Prefix != "" {
		q.Set("subjectPrefix", req.Prefix)
	}
	var names []string
	err := r.do(ctx, http.MethodGet, "/subjects"+encode(q), nil, &names)
	return names, err
}

// GET /subjects/{subject}/versions
func (r *remote) ListVersions(ctx context.Context, req registry.VersionsRequest) ([]int, error) {
	q := pageQuery(req.Page)
	setDeleted(q, req.Deleted)
	var numbers []int
	err := r.do(ctx, http.MethodGet, "/subjects/"+segment(req.Subject)+"/versions"+encode(q), nil, &numbers)
	return numbers, err
}

// GET /subjects/{subject}/versions/{version}
func (r *remote) ReadVersion(ctx context.Context, req registry.VersionRequest) (registry.Entry, error) {
	q := url.Values{}
	setFlag(q, "deleted", req.Deleted != registry.WithoutDeleted)
	if req.Resolved {
		q.Set("format", "resolved")
	}
	if req.Qualified {
		q.Set("referenceFormat", "qualified")
	}
	return r.entry(ctx, http.MethodGet, versionPath(req.Subject, req.Version)+encode(q), nil)
}

// DELETE /subjects/{subject}
func (r *remote) DeleteSubject(ctx context.Context, req registry.DeleteSubjectRequest) ([]int, error) {
	var numbers []int
	err := r.attempt(ctx, http.MethodDelete, "/subjects/"+segment(req.Subject)+permanentQuery(req.Permanent), nil, &numbers)
	return numbers, err
}

// DELETE /subjects/{subject}/versions/{version}
func (r *remote) DeleteVersion(ctx context.Context, req registry.DeleteVersionRequest) (int, error) {
	var number int
	err := r.attempt(ctx, http.MethodDelete, versionPath(req.Subject, req.Version)+permanentQuery(req.Permanent), nil, &number)
	return number, err
}

// GET /schemas/ids/{id}
func (r *remote) ByID(ctx context.Context, id uint32) (registry.Entry, error) {
	return r.byID(ctx, id, "")
}

// GET /schemas/ids/{id}?format=resolved
func (r *remote) ResolvedByID(ctx context.Context, id uint32) (registry.Entry, error) {
	return r.byID(ctx, id, "?format=resolved")
}

func (r *remote) byID(ctx context.Context, id uint32, query string) (registry.Entry, error) {
	e, err := r.entry(ctx, http.MethodGet, "/schemas/ids/"+strconv.FormatUint(uint64(id), 10)+query, nil)
	if err != nil {
		return registry.Entry{}, err
	}
	e.ID = id
	return e, nil
}

// GET /config
// GET /config/{subject}
func (r *remote) Level(ctx context.Context, subject string) (registry.Level, error) {
	c, err := r.Config(ctx, subject)
	return c.Level, err
}

// PUT /config
// PUT /config/{subject}
func (r *remote) SetLevel(ctx context.Context, subject string, level registry.Level) error {
	body := map[string]registry.Level{registry.FieldLevel: level} // an empty one is refused
	return r.do(ctx, http.MethodPut, settingPath("/config", subject), body, nil)
}

// DELETE /config
// DELETE /config/{subject}
func (r *remote) DeleteLevel(ctx context.Context, subject string) (registry.Level, error) {
	c, err := r.DeleteConfig(ctx, subject)
	return c.Level, err
}

// segment writes a name as one step of a path. A name of dots alone would be
// taken for a way up, and one that is a slash for a path that ends there.
func segment(name string) string {
	switch name {
	case ".", "..":
		return strings.ReplaceAll(name, ".", "%2E")
	case "/":
		return url.PathEscape(":.:/") // its name with the default context's front
	}
	return url.PathEscape(name)
}

func versionSegment(version int) string {
	if version == registry.Latest {
		return "latest"
	}
	return strconv.Itoa(version)
}

func versionPath(subject string, version int) string {
	return "/subjects/" + segment(subject) + "/versions/" + versionSegment(version)
}

func permanentQuery(permanent bool) string {
	if permanent {
		return "?permanent=true"
	}
	return ""
}

func setFlag(q url.Values, name string, on bool) {
	if on {
		q.Set(name, "true")
	}
}

// setDeleted asks for a list with deleted versions.
func setDeleted(q url.Values, which registry.Deleted) {
	switch which {
	case registry.WithoutDeleted:
	case registry.WithDeleted:
		q.Set("deleted", "true")
	case registry.OnlyDeleted:
		q.Set("deletedOnly", "true")
	}
}

func pageQuery(p registry.Page) url.Values {
	q := url.Values{}
	if p.Offset > 0 {
		q.Set("offset", strconv.Itoa(p.Offset))
	}
	if p.Limit > 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	return q
}

func encode(q url.Values) string {
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}
