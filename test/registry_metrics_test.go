package test_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	metricsLine  = regexp.MustCompile(`^([a-z_]+)(?:\{(.*)\})? (\S+)$`)
	metricsLabel = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)
)

// series are the values of a metric by their labels.
func (s *registryServer) series(t *testing.T, name string, who ...func(*http.Request)) map[string]float64 {
	t.Helper()
	r, err := s.ask(t.Context(), http.MethodGet, "/metrics", "", who...)
	if err != nil || r.status != http.StatusOK {
		t.Fatalf("GET /metrics: %d %v", r.status, err)
	}
	values := map[string]float64{}
	for line := range strings.SplitSeq(r.body, "\n") {
		if m := metricsLine.FindStringSubmatch(line); m != nil && m[1] == name {
			if values[m[2]], err = strconv.ParseFloat(m[3], 64); err != nil {
				t.Fatal(err)
			}
		}
	}
	return values
}

// checkMetrics: requests are counted by routes and statuses, of which there are few,
// whatever clients ask for.
func checkMetrics(t *testing.T, s *registryServer, who func(*http.Request)) {
	t.Helper()
	const route = `route="GET /subjects/{subject}/versions/{version}",status="404"`
	const requests = "schemactl_registry_requests_total"
	before := s.series(t, requests, who)
	for i := range 50 {
		for _, request := range []string{"GET /subjects/s%d/versions/1", "GET /nosuch/%d", "OPTIONS /%d", "GET /schemas/ids/%d", "HEAD /contexts/.c%d/subjects", "GET //%d"} {
			method, path, _ := strings.Cut(fmt.Sprintf(request, 1000+i), " ")
			if _, err := s.ask(t.Context(), method, path, "", who); err != nil {
				t.Fatal(err)
			}
		}
	}
	after := s.series(t, requests, who)
	if n := after[route] - before[route]; n != 50 {
		t.Errorf("50 requests of a route are counted as %v", n)
	}
	if n := len(after) - len(before); n > 6 {
		t.Errorf("300 requests of 6 kinds make %d series", n)
	}
	for labels := range after {
		for _, l := range metricsLabel.FindAllStringSubmatch(labels, -1) {
			if known := l[1] == "route" || l[1] == "status"; !known || strings.Contains(l[2], "1000") || strings.Contains(l[2], ".c") {
				t.Errorf("label %s", l[0])
			}
		}
	}
	counts := s.series(t, "schemactl_registry_request_duration_seconds_count", who)
	if n := counts[`route="GET /subjects/{subject}/versions/{version}"`]; n < 50 {
		t.Errorf("50 requests were timed %v times", n)
	}
	for _, refused := range []string{`route="none",status="401"`, `route="none",status="403"`} { // before the routes
		if after[refused] < 1 {
			t.Errorf("nothing is counted of %s, though such requests were answered before", refused)
		}
	}
	if ready := s.series(t, "schemactl_registry_ready", who); ready[""] != 1 {
		t.Errorf("ready is %v", ready)
	}
}
