package httpapi

import (
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/internal/jsonwrite"
)

func modeAnswer(m registry.Mode) answer {
	return object(func(w *jsonwrite.Writer) { w.Text("mode", string(m)) })
}

// GET /mode
// GET /mode/{subject}
func (a *api) mode(r *request) (answer, error) {
	ask := a.reg.Mode
	if r.flag("defaultToGlobal") {
		ask = a.reg.EffectiveMode
	}
	m, err := ask(r.Context(), r.subject())
	return modeAnswer(m), err
}

// PUT /mode
// PUT /mode/{subject}
func (a *api) setMode(r *request) (answer, error) {
	var b struct {
		Mode string `json:"mode"`
	}
	if err := r.readJSON(&b); err != nil {
		return nil, err
	}
	mode, err := registry.ParseMode(b.Mode)
	if err != nil {
		return nil, err
	}
	err = a.reg.SetMode(r.Context(), registry.SetModeRequest{Name: r.subject(), Mode: mode, Force: r.flag("force")})
	return modeAnswer(mode), err
}

// DELETE /mode
// DELETE /mode/{subject}
func (a *api) deleteMode(r *request) (answer, error) {
	m, err := a.reg.DeleteMode(r.Context(), registry.DeleteModeRequest{Name: r.subject(), Recursive: r.flag("recursive")})
	return modeAnswer(m), err
}

// GET /contexts
func (a *api) contexts(r *request) (answer, error) {
	names, err := a.reg.Contexts(r.Context(), registry.ContextsRequest{Prefix: r.param("contextPrefix"), Page: r.page()})
	return textList(names), err
}

// DELETE /contexts/{context}
func (a *api) deleteContext(r *request) (answer, error) {
	return nil, a.reg.DeleteContext(r.Context(), r.PathValue("context"))
}
