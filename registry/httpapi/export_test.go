package httpapi

// Patterns lists what is served, as "METHOD /path/{name}".
func Patterns() []string {
	list := []string{
		"GET /", "POST /", "GET /healthz", "GET /readyz", "GET /v1/metadata/id", "GET /v1/metadata/version",
		"GET /v1/metadata/deployment", "GET /contexts", "DELETE /contexts/{context}",
	}
	for _, r := range (&api{}).inContexts() {
		list = append(list, r.method+" "+r.path, r.method+" /contexts/{context}"+r.path)
	}
	return list
}
