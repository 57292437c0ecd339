package clients_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
)

// request is what a client is asked to do.
type request struct {
	Do      string            `json:"do"` // calls, secured, produce or consume
	Server  address           `json:"server"`
	Schemas map[string]string `json:"schemas,omitempty"`
	Brokers string            `json:"brokers,omitempty"`
	Schema  string            `json:"schema,omitempty"` // of the events
	Topic   string            `json:"topic,omitempty"`  // to produce to
	Events  []event           `json:"events,omitempty"`
	Topics  []string          `json:"topics,omitempty"` // to consume
	Group   string            `json:"group,omitempty"`
	Count   int               `json:"count,omitempty"` // of events in each topic
}

// address is where a registry is and who may use it.
type address struct {
	URL      string `json:"url"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	CA       string `json:"ca,omitempty"` // a file in PEM
}

// peer is one of those under test. ask returns JSON.
type peer interface {
	ask(t *testing.T, q request) (json.RawMessage, error)
}

// program is a client in a process of its own, which answers one request after
// the other.
type program struct {
	name string
	mu   sync.Mutex // guards the rest
	in   io.Writer
	out  *bufio.Reader
}

func (p *program) ask(_ *testing.T, q request) (json.RawMessage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("ask %s: %w", p.name, err)
	}
	reply, err := p.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%s has ended: %w", p.name, err)
	}
	var a struct {
		Got   json.RawMessage `json:"got"`
		Error string          `json:"error"`
	}
	if err := json.Unmarshal(reply, &a); err != nil {
		return nil, fmt.Errorf("answer of %s: %w: %.200s", p.name, err, reply)
	}
	if a.Error != "" {
		return nil, fmt.Errorf("%s: %s", p.name, a.Error)
	}
	return a.Got, nil
}

// startProgram starts a program whose standard input and output are the protocol. Its
// input ends with the test, and it with its input.
func startProgram(t *testing.T, name string, cmd *exec.Cmd) (peer, error) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	return &program{name: name, in: in, out: bufio.NewReader(out)}, nil
}

// startNode starts one of the programs in JavaScript.
func startNode(file string) func(t *testing.T) (peer, error) {
	return func(t *testing.T) (peer, error) {
		t.Helper()
		ctx := bounded(t)
		node, modules, err := server.ClientsNode(ctx)
		if err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, node, filepath.Join("testdata", file))
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "KAFKAJS_NO_PARTITIONER_WARNING=1")
		return startProgram(t, file, cmd)
	}
}

func startPython(t *testing.T) (peer, error) {
	t.Helper()
	ctx := bounded(t)
	python, path, err := server.ClientPython(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, python, filepath.Join("testdata", "client.py"))
	cmd.Env = append(os.Environ(), "PYTHONPATH="+path, "PYTHONDONTWRITEBYTECODE=1")
	return startProgram(t, "client.py", cmd)
}

func startJava(t *testing.T) (peer, error) {
	t.Helper()
	ctx := bounded(t)
	java, classes, err := server.ClientJava(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes, filepath.Join("testdata", "Client.java"))
	return startProgram(t, "Client.java", cmd)
}

// mayLack reports whether the error is that this machine lacks a client, and tests
// may do without.
func mayLack(err error) bool {
	_, missing := errors.AsType[*server.MissingError](err)
	return missing && os.Getenv(testenv.RequireVariable) != "1"
}
