// Package embedded gives examples and their tests a broker and a registry in this
// process, and a client for the applications' APIs. Nothing of it survives the
// process.
package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
	"github.com/schemactl/schemactl/stream"
)

const partitions = 4

// Parts are the running broker and registry.
type Parts struct {
	Brokers     []string
	RegistryURL string
	// Kafka is a client of the broker.
	Kafka *kgo.Client

	broker *kfake.Cluster
	server *http.Server
}

// Start starts both, on free ports of 127.0.0.1. Close ends them.
func Start(ctx context.Context) (*Parts, error) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) { return net.Listen(network, "127.0.0.1:0") })) //nolint:noctx // the listener lives as long as the broker
	if err != nil {
		return nil, fmt.Errorf("start the embedded broker: %w", err)
	}
	p := &Parts{Brokers: broker.ListenAddrs(), broker: broker}
	if err := p.start(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Parts) start(ctx context.Context) (err error) {
	if p.Kafka, err = kgo.NewClient(stream.ClientOptions(p.Brokers...)...); err != nil {
		return err
	}
	reg, err := registry.New(memory.New())
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.RegistryURL = "http://" + listener.Addr().String()
	p.server = &http.Server{Handler: httpapi.NewHandler(reg), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = p.server.Serve(listener) }() // it ends with Close
	return nil
}

// Topic makes a topic. A compacted one keeps the newest record of each key.
func (p *Parts) Topic(ctx context.Context, name string, configs map[string]*string) error {
	_, err := kadm.NewClient(p.Kafka).CreateTopic(ctx, partitions, 1, configs, name)
	return err
}

// Close ends broker and registry.
func (p *Parts) Close() {
	if p.server != nil {
		_ = p.server.Close()
	}
	if p.Kafka != nil {
		p.Kafka.Close()
	}
	p.broker.Close()
}

// Call sends in as JSON, unless it is nil, and reads the answer into out, unless that
// is nil. found is false when the answer is 404; every other failure is an error.
func Call(ctx context.Context, method, url string, in, out any) (found bool, err error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return false, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return false, nil
	case resp.StatusCode/100 != 2:
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // a part of it is better than nothing
		return false, fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, text)
	case out == nil:
		return true, nil
	}
	return true, json.NewDecoder(resp.Body).Decode(out)
}

// Until calls ok now and then until it reports true or fails, or ctx ends.
func Until(ctx context.Context, ok func() (bool, error)) error {
	for {
		if done, err := ok(); done || err != nil {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
