package cli

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
)

// registryMetrics are what a served registry tells of itself. Labels are bounded:
// routes and statuses, never a subject.
type registryMetrics struct {
	all      *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newRegistryMetrics(reg *registry.Registry) *registryMetrics {
	m := &registryMetrics{
		all: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "schemactl_registry_requests_total", Help: "Requests by route and status.",
		}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "schemactl_registry_request_duration_seconds", Help: "Time from a request's head to the end of its answer.",
			Buckets: []float64{.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5, 30},
		}, []string{"route"}),
	}
	up := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "schemactl_registry_ready", Help: "1 while the store answers, else 0.",
	}, func() float64 {
		//nolint:forbidigo // a collector is asked without a context
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if reg.Ready(ctx) != nil {
			return 0
		}
		return 1
	})
	m.all.MustRegister(m.requests, m.seconds, up, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *registryMetrics) observe(o httpapi.Observation) {
	route := o.Route
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(o.Status)).Inc()
	m.seconds.WithLabelValues(route).Observe(o.Duration.Seconds())
}

// beside serves the metrics at /metrics and everything else by next.
func (m *registryMetrics) beside(next http.Handler) http.Handler {
	metrics := promhttp.HandlerFor(m.all, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" && r.Method == http.MethodGet {
			metrics.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
