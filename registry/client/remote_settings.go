package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/schemactl/schemactl/registry"
)

// configBody is a config as it is read. The level has two names: answers to PUT
// have the one, all others the other.
type configBody struct {
	Alias            string             `json:"alias,omitempty"`
	Normalize        *bool              `json:"normalize,omitempty"`
	ValidateFields   *bool              `json:"validateFields,omitempty"`
	ValidateNew      *bool              `json:"validateNewSchemas,omitempty"`
	ValidateRules    *bool              `json:"validateRules,omitempty"`
	Level            registry.Level     `json:"compatibility,omitempty"`
	LevelRead        registry.Level     `json:"compatibilityLevel,omitempty"`
	Policy           string             `json:"compatibilityPolicy,omitempty"`
	Group            string             `json:"compatibilityGroup,omitempty"`
	DefaultMetadata  *registry.Metadata `json:"defaultMetadata,omitempty"`
	OverrideMetadata *registry.Metadata `json:"overrideMetadata,omitempty"`
	DefaultRules     *registry.RuleSet  `json:"defaultRuleSet,omitempty"`
	OverrideRules    *registry.RuleSet  `json:"overrideRuleSet,omitempty"`
}

func (b configBody) config() registry.Config {
	level := b.LevelRead
	if level == "" {
		level = b.Level
	}
	return registry.Config{
		Alias: b.Alias, Normalize: b.Normalize, ValidateFields: b.ValidateFields, ValidateNew: b.ValidateNew,
		ValidateRules: b.ValidateRules, Level: level, Policy: b.Policy, Group: b.Group,
		DefaultMetadata: b.DefaultMetadata, OverrideMetadata: b.OverrideMetadata,
		DefaultRules: b.DefaultRules, OverrideRules: b.OverrideRules,
	}
}

// changeBody has what is set, and null for what is cleared.
func changeBody(change registry.ConfigChange) map[string]any {
	body := map[string]any{}
	for _, name := range change.Clear {
		body[name] = nil
	}
	set := change.Set
	for name, value := range map[string]string{
		registry.FieldAlias: set.Alias, registry.FieldLevel: string(set.Level), registry.FieldPolicy: set.Policy, registry.FieldGroup: set.Group,
	} {
		if value != "" {
			body[name] = value
		}
	}
	for name, value := range map[string]*bool{
		registry.FieldNormalize: set.Normalize, registry.FieldValidateFields: set.ValidateFields,
		registry.FieldValidateNew: set.ValidateNew, registry.FieldValidateRules: set.ValidateRules,
	} {
		if value != nil {
			body[name] = *value
		}
	}
	for name, value := range map[string]*registry.Metadata{
		registry.FieldDefaultMetadata: set.DefaultMetadata, registry.FieldOverrideMetadata: set.OverrideMetadata,
	} {
		if value != nil {
			body[name] = value
		}
	}
	for name, value := range map[string]*registry.RuleSet{
		registry.FieldDefaultRules: set.DefaultRules, registry.FieldOverrideRules: set.OverrideRules,
	} {
		if value != nil {
			body[name] = value
		}
	}
	return body
}

// settingPath is the path of a setting of a name, below a resource.
func settingPath(resource, name string) string {
	if name == "" {
		return resource
	}
	return resource + "/" + segment(name)
}

// GET /config
// GET /config/{subject}
func (r *remote) Config(ctx context.Context, name string) (registry.Config, error) {
	return r.configOf(ctx, http.MethodGet, settingPath("/config", name), nil)
}

// GET /config?defaultToGlobal=true
// GET /config/{subject}?defaultToGlobal=true
func (r *remote) EffectiveConfig(ctx context.Context, name string) (registry.Config, error) {
	return r.configOf(ctx, http.MethodGet, settingPath("/config", name)+"?defaultToGlobal=true", nil)
}

// PUT /config
// PUT /config/{subject}
//
// The answer is what is set after it. Registries that answer the change alone are
// taken at their word.
func (r *remote) SetConfig(ctx context.Context, name string, change registry.ConfigChange) (registry.Config, error) {
	return r.configOf(ctx, http.MethodPut, settingPath("/config", name), changeBody(change))
}

// DELETE /config
// DELETE /config/{subject}
func (r *remote) DeleteConfig(ctx context.Context, name string) (registry.Config, error) {
	return r.configOf(ctx, http.MethodDelete, settingPath("/config", name), nil)
}

func (r *remote) configOf(ctx context.Context, method, path string, body any) (registry.Config, error) {
	var b configBody
	if err := r.do(ctx, method, path, body, &b); err != nil {
		return registry.Config{}, err
	}
	return b.config(), nil
}

// GET /mode
// GET /mode/{subject}
func (r *remote) Mode(ctx context.Context, name string) (registry.Mode, error) {
	return r.mode(ctx, http.MethodGet, settingPath("/mode", name), nil)
}

// GET /mode?defaultToGlobal=true
// GET /mode/{subject}?defaultToGlobal=true
func (r *remote) EffectiveMode(ctx context.Context, name string) (registry.Mode, error) {
	return r.mode(ctx, http.MethodGet, settingPath("/mode", name)+"?defaultToGlobal=true", nil)
}

// PUT /mode
// PUT /mode/{subject}
func (r *remote) SetMode(ctx context.Context, req registry.SetModeRequest) error {
	q := url.Values{}
	setFlag(q, "force", req.Force)
	_, err := r.mode(ctx, http.MethodPut, settingPath("/mode", req.Name)+encode(q), map[string]registry.Mode{"mode": req.Mode})
	return err
}

// DELETE /mode
// DELETE /mode/{subject}
func (r *remote) DeleteMode(ctx context.Context, req registry.DeleteModeRequest) (registry.Mode, error) {
	q := url.Values{}
	setFlag(q, "recursive", req.Recursive)
	return r.mode(ctx, http.MethodDelete, settingPath("/mode", req.Name)+encode(q), nil)
}

func (r *remote) mode(ctx context.Context, method, path string, body any) (registry.Mode, error) {
	var b struct {
		Mode registry.Mode `json:"mode"`
	}
	err := r.offered("modes", r.do(ctx, method, path, body, &b))
	return b.Mode, err
}

// GET /contexts
func (r *remote) Contexts(ctx context.Context, req registry.ContextsRequest) ([]string, error) {
	q := pageQuery(req.Page)
	if req.Prefix != "" {
		q.Set("contextPrefix", req.Prefix)
	}
	var names []string
	err := r.do(ctx, http.MethodGet, "/contexts"+encode(q), nil, &names)
	return names, err
}

// DELETE /contexts/{context}
func (r *remote) DeleteContext(ctx context.Context, name string) error {
	return r.do(ctx, http.MethodDelete, "/contexts/"+segment(name), nil, nil)
}

// GET /subjects/{subject}/metadata
func (r *remote) ByMetadata(ctx context.Context, req registry.MetadataRequest) (registry.Entry, error) {
	q := url.Values{}
	for key, value := range req.Properties {
		q.Add("key", key)
		q.Add("value", value)
	}
	setFlag(q, "deleted", req.Deleted != registry.WithoutDeleted)
	if req.Resolved {
		q.Set("format", "resolved")
	}
	return r.entry(ctx, http.MethodGet, "/subjects/"+segment(req.Subject)+"/metadata"+encode(q), nil)
}
