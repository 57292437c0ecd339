package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/outbox/relay"
)

// relayMetrics collects what a relay has done and what its table holds, when it is
// asked. A database that does not answer leaves the table's out.
type relayMetrics struct {
	relay  *relay.Relay
	status func(context.Context) (relay.Backlog, error)
}

var (
	relayCounters = map[string]func(relay.Stats) int64{
		"handed_total":  func(s relay.Stats) int64 { return s.Handed },
		"relayed_total": func(s relay.Stats) int64 { return s.Relayed },
		"failed_total":  func(s relay.Stats) int64 { return s.Failed },
		"retries_total": func(s relay.Stats) int64 { return s.Retries },
	}
	relayGauges = map[string]func(relay.Backlog) float64{
		"waiting_events":     func(b relay.Backlog) float64 { return float64(b.Waiting) },
		"oldest_age_seconds": func(b relay.Backlog) float64 { return b.Oldest.Seconds() },
		"parked_events":      func(b relay.Backlog) float64 { return float64(b.Parked) },
		"parked_keys":        func(b relay.Backlog) float64 { return float64(b.ParkedKeys) },
	}
	postgresGauges = map[string]func(relay.PostgresBacklog) float64{
		"dead_rows":           func(b relay.PostgresBacklog) float64 { return float64(b.DeadRows) },
		"horizon_age_seconds": func(b relay.PostgresBacklog) float64 { return b.HorizonAge.Seconds() },
	}
)

var relayHelp = map[string]string{
	"handed_total":        "Records given to the Kafka client, again ones included.",
	"relayed_total":       "Events acknowledged by the broker and deleted.",
	"failed_total":        "Records that the Kafka client gave back with an error.",
	"retries_total":       "Failures after which the relay waited.",
	"waiting_events":      "Committed events that are not relayed yet.",
	"oldest_age_seconds":  "Age of the oldest of them.",
	"parked_events":       "Events that are parked.",
	"parked_keys":         "Keys that have parked events.",
	"dead_rows":           "Deleted rows that the table still holds.",
	"horizon_age_seconds": "Age of the transaction that keeps deleted rows for the longest.",
	"owner":               "1 while this process owns the queue.",
	"in_flight_records":   "Records on their way to the broker.",
	"up":                  "0 while the broker or the database is gone.",
}

func relayDesc(name string) *prometheus.Desc {
	return prometheus.NewDesc("schemactl_outbox_"+name, relayHelp[name], nil, nil)
}

// Describe implements prometheus.Collector.
func (m relayMetrics) Describe(ch chan<- *prometheus.Desc) {
	for name := range relayHelp {
		ch <- relayDesc(name)
	}
}

// Collect implements prometheus.Collector.
func (m relayMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(name string, v float64) {
		ch <- prometheus.MustNewConstMetric(relayDesc(name), prometheus.GaugeValue, v)
	}
	s := m.relay.Stats()
	for name, get := range relayCounters {
		ch <- prometheus.MustNewConstMetric(relayDesc(name), prometheus.CounterValue, float64(get(s)))
	}
	gauge("owner", boolGauge(s.Owner))
	gauge("in_flight_records", float64(s.InFlight))
	//nolint:forbidigo // a collector is asked without a context
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	b, err := m.status(ctx)
	gauge("up", boolGauge(err == nil && s.Failing == ""))
	if err != nil {
		return
	}
	for name, get := range relayGauges {
		gauge(name, get(b))
	}
	if b.Postgres != nil {
		for name, get := range postgresGauges {
			gauge(name, get(*b.Postgres))
		}
	}
}

func boolGauge(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// watchRelay serves the relay's health and metrics until ctx ends.
func watchRelay(ctx context.Context, listener net.Listener, db *gorm.DB, r *relay.Relay) error {
	status := func(ctx context.Context) (relay.Backlog, error) { return relay.Status(ctx, db) }
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(relayMetrics{r, status}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), 2*time.Second)
		defer cancel()
		reason := r.Stats().Failing
		if _, err := status(ctx); err != nil {
			reason = err.Error()
		}
		if reason != "" {
			http.Error(w, reason, http.StatusServiceUnavailable)
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // answers are short
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
