package httpapi

import (
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/internal/jsonwrite"
)

// maxSchemas is the most that one answer lists, as the contract has it.
const maxSchemas = 1000

// GET /schemas
func (a *api) schemas(r *request) (answer, error) {
	prefix, defaultOnly := r.prefix("")
	req := registry.ListRequest{
		Prefix: prefix, DefaultOnly: defaultOnly, Deleted: r.deleted(), LatestOnly: r.flag("latestOnly"),
		RuleType: r.param("ruleType"), Aliases: r.flag("aliases"), Page: r.page(),
	}
	if req.Page.Limit <= 0 || req.Page.Limit > maxSchemas {
		req.Page.Limit = maxSchemas
	}
	for _, name := range []string{"resourceType", "associationType", "lifecycle"} {
		if r.param(name) != "" { // nothing is associated here
			return textList(nil), nil
		}
	}
	entries, err := a.reg.List(r.Context(), req)
	return func(w *jsonwrite.Writer) { jsonwrite.List(w, entries, appendEntry) }, err
}

// GET /schemas/types
func (a *api) schemaTypes(*request) (answer, error) {
	return textList([]string{string(registry.JSON), string(registry.Protobuf), string(registry.Avro)}), nil
}

// GET /schemas/ids/{id}
func (a *api) schemaByID(r *request) (answer, error) {
	e, err := a.byID(r)
	if err != nil || !r.flag("fetchMaxId") {
		return ofID(e, nil), err
	}
	last, err := a.reg.LastID(r.Context(), e.Subject) // of the context in which it was found
	return ofID(e, &last), err
}

// GET /schemas/ids/{id}/schema
func (a *api) schemaTextByID(r *request) (answer, error) {
	e, err := a.byID(r)
	return text(e.Text), err
}

func (a *api) byID(r *request) (registry.Entry, error) {
	id, err := r.schemaID()
	if err != nil {
		return registry.Entry{}, err
	}
	return a.reg.ReadID(r.Context(), registry.IDRequest{
		ID: id, Subject: r.inContext(r.param("subject")), Resolved: r.isResolved(), FindTags: r.flag("findTags"),
		Qualified: r.isQualified(),
	})
}

// usesRequest reads a question about the versions of an id.
func (r *request) usesRequest() (registry.UsesRequest, error) {
	id, err := r.schemaID()
	return registry.UsesRequest{ID: id, Subject: r.inContext(r.param("subject")), Deleted: r.deleted(), Page: r.page()}, err
}

// GET /schemas/ids/{id}/subjects
func (a *api) subjectsByID(r *request) (answer, error) {
	req, err := r.usesRequest()
	if err != nil {
		return nil, err
	}
	names, err := a.reg.UsedBy(r.Context(), req)
	return textList(names), err
}

// GET /schemas/ids/{id}/versions
func (a *api) versionsByID(r *request) (answer, error) {
	req, err := r.usesRequest()
	if err != nil {
		return nil, err
	}
	uses, err := a.reg.Uses(r.Context(), req)
	return func(w *jsonwrite.Writer) {
		jsonwrite.List(w, uses, func(w *jsonwrite.Writer, use registry.SubjectVersion) {
			w.Open()
			w.Text("subject", use.Subject)
			w.Number("version", int64(use.Version))
			w.Close()
		})
	}, err
}

// GET /schemas/guids/{guid}
func (a *api) schemaByGUID(r *request) (answer, error) {
	guid, err := r.guid()
	if err != nil {
		return nil, err
	}
	e, err := a.reg.ByGUID(r.Context(), registry.GUIDRequest{GUID: guid, Resolved: r.isResolved(), FindTags: r.flag("findTags")})
	return ofID(e, nil), err
}

// GET /schemas/guids/{guid}/ids
func (a *api) idsByGUID(r *request) (answer, error) {
	guid, err := r.guid()
	if err != nil {
		return nil, err
	}
	keys, err := a.reg.KeysByGUID(r.Context(), guid)
	return func(w *jsonwrite.Writer) {
		jsonwrite.List(w, keys, func(w *jsonwrite.Writer, k registry.Key) {
			w.Open()
			w.Text("context", k.Context)
			w.Number("id", int64(k.ID))
			w.Close()
		})
	}, err
}
