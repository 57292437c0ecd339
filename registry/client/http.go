package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/schemactl/schemactl/registry"
)

const mediaType = "application/vnd.schemaregistry.v1+json"

// maxBackoff bounds the wait between two attempts.
const maxBackoff = 5 * time.Second

// do sends a request, again where that may help, and reads the answer into
// into, which may be nil.
func (r *remote) do(ctx context.Context, method, path string, body, into any) error {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return fmt.Errorf("write the request's body: %w", err)
		}
	}
	wait, retries := r.config.backoff, r.config.retries
	if method == http.MethodDelete { // the second would find nothing
		retries = 0
	}
	for attempt := 0; ; attempt++ {
		err := r.attempt(ctx, method, path, payload, into)
		if err == nil || attempt == retries || !isWorthAnother(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (stopped trying: %w)", err, context.Cause(ctx))
		case <-time.After(wait/2 + rand.N(wait/2+1)):
		}
		wait = min(2*wait, maxBackoff)
	}
}

// isWorthAnother tells whether the same request may succeed a little later.
func isWorthAnother(err error) bool {
	if wire, ok := errors.AsType[*registry.WireError](err); ok {
		switch wire.Status {
		case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	return errors.Is(err, ErrUnreachable)
}

func (r *remote) attempt(ctx context.Context, method, path string, payload []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, r.config.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("registry %s: %w", r.shown, err)
	}
	req.Header.Set("Accept", mediaType+", application/vnd.schemaregistry+json;q=0.9, application/json;q=0.5")
	if payload != nil {
		req.Header.Set("Content-Type", mediaType)
	}
	if r.config.user != "" {
		req.SetBasicAuth(r.config.user, r.config.pass)
	}
	resp, err := r.config.http.Do(req)
	if err != nil {
		return r.unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	answer, err := io.ReadAll(io.LimitReader(resp.Body, r.config.maxAnswer+1))
	switch {
	case err != nil:
		return r.unreachable(err)
	case int64(len(answer)) > r.config.maxAnswer:
		return fmt.Errorf("registry %s: the answer to %s %s has more than %d bytes", r.shown, method, path, r.config.maxAnswer)
	case resp.StatusCode >= http.StatusMultipleChoices:
		return r.refused(resp.StatusCode, method, path, answer)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("registry %s: the answer to %s %s is not what a registry sends: %w", r.shown, method, path, err)
	}
	return nil
}

// unreachable names the registry. The HTTP client's own words would show the
// whole URL, credentials included.
func (r *remote) unreachable(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fmt.Errorf("%w at %s: %w", ErrUnreachable, r.shown, err)
}

// refused reads an error of the contract. What is none, from a proxy perhaps,
// is shown with the request.
func (r *remote) refused(status int, method, path string, answer []byte) error {
	var b struct {
		Code    int    `json:"error_code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(answer, &b); err != nil || b.Code == 0 {
		return fmt.Errorf("registry %s: %s %s: %w", r.shown, method, path, registry.FromWire(status, status, statusText(status)))
	}
	return registry.FromWire(status, b.Code, cmp.Or(b.Message, statusText(status)))
}

// statusText stands for the message of an answer that has none.
func statusText(status int) string {
	return fmt.Sprintf("registry answered %d %s", status, http.StatusText(status))
}
