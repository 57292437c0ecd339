package registrybench

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// residentMetric is how Prometheus' clients of all languages name a process's memory.
const residentMetric = "process_resident_memory_bytes"

// Resident is the memory of a registry's process as it tells by /metrics, 0 when it does not.
func Resident(ctx context.Context, url string) int64 {
	s := newServer(url, 1)
	defer s.close()
	return s.resident(ctx)
}

func (s *server) resident(ctx context.Context) int64 {
	text, err := s.ask(ctx, request{http.MethodGet, "/metrics", nil})
	if err != nil {
		return 0 // most registries have no such path
	}
	for line := range strings.Lines(string(text)) {
		if number, ok := strings.CutPrefix(line, residentMetric+" "); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(number), 64) // 0 when it is none
			return int64(n)
		}
	}
	return 0
}
