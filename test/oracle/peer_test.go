package oracle_test

import (
	"bufio"
	"context"
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

// longest bounds all that a peer does in the life of the test process.
const longest = 5 * time.Minute

// question is one line to a peer. Java, Python and the generated Go program
// speak the same protocol.
type question struct {
	// Op is one of
	//	describe    canonical form and fingerprints of Writer
	//	files       those of all types in Files (Java)
	//	names       the types there are (Go)
	//	again       decode the values and encode them again
	//	resolve     decode values of Writer as Reader's, and encode those
	//	compatible  whether Reader can read Writer (Java)
	//	verdicts    what is found in each of Pairs (Java, Python)
	//	random      Count values of Writer (Java)
	//	valid       why each of Files is no schema by strict rules (Java)
	Op string `json:"op"`
	// Type is the package and the full name of the generated type (Go).
	Type   string `json:"type,omitempty"`
	Writer string `json:"writer,omitempty"`
	Reader string `json:"reader,omitempty"`
	// Logical converts logical types on the way (Java; Python always does).
	Logical bool     `json:"logical,omitempty"`
	Values  [][]byte `json:"values,omitempty"`
	Count   int      `json:"count,omitempty"`
	Seed    int64    `json:"seed,omitempty"`
	Files   []string `json:"files,omitempty"`
	// Pairs are a writer's schema and a reader's each.
	Pairs [][2]string `json:"pairs,omitempty"`
}

// answer is one line from a peer.
type answer struct {
	// Error is set when the schemas could not be used.
	Error string `json:"error"`
	description
	Compatible bool   `json:"compatible"`
	Why        string `json:"why"`
	Schema     string `json:"schema"`
	Values     []outcome
	Names      []string
	Types      map[string]description
	Verdicts   []verdict
	// Refusals are empty for texts that are schemas.
	Refusals []string
}

// description is what identifies a schema.
type description struct {
	Canonical string `json:"canonical"`
	CRC64     string `json:"crc64"`
	MD5       string `json:"md5"`
	SHA256    string `json:"sha256"`
}

// outcome is what became of one value: bytes or an error.
type outcome struct {
	Bytes []byte `json:"bytes"`
	Error string `json:"error"`
}

// verdict is what a checker says of a pair of schemas: nothing that stands in the
// way, findings, or an error.
type verdict struct {
	// Unread says why a schema is none for this checker.
	Unread   string      `json:"unread"`
	Error    string      `json:"error"`
	Findings [][3]string `json:"findings"` // rule, path, detail
}

func (v verdict) fits() bool { return v.Error == "" && len(v.Findings) == 0 }

// peer is a running program that answers questions, one after the other.
type peer struct {
	name string
	mu   sync.Mutex // guards the rest
	in   io.Writer
	out  *bufio.Reader
}

func (p *peer) ask(q *question) (answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line, err := json.Marshal(q)
	if err != nil {
		return answer{}, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return answer{}, fmt.Errorf("ask %s: %w", p.name, err)
	}
	reply, err := p.out.ReadBytes('\n')
	if err != nil {
		return answer{}, fmt.Errorf("%s has ended: %w", p.name, err)
	}
	var a answer
	if err := json.Unmarshal(reply, &a); err != nil {
		return answer{}, fmt.Errorf("answer of %s: %w: %.200s", p.name, err, reply)
	}
	return a, nil
}

// mustAsk also demands one outcome for each value.
func (p *peer) mustAsk(t *testing.T, q question) answer {
	t.Helper()
	a, err := p.ask(&q)
	if err != nil {
		t.Fatal(err)
	}
	if a.Error == "" && (q.Op == "again" || q.Op == "resolve") && len(a.Values) != len(q.Values) {
		t.Fatalf("%s answers %d values with %d", p.name, len(q.Values), len(a.Values))
	}
	return a
}

// run starts a program whose standard input and output are the protocol. It
// ends with the test.
func run(t *testing.T, name string, cmd *exec.Cmd) *peer {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	return &peer{name: name, in: in, out: bufio.NewReaderSize(out, 1<<20)}
}

// bounded is a context that ends the programs of a test that hangs; they end by
// themselves when their input does, which is why it is not the test's own.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), longest)
	t.Cleanup(cancel)
	return ctx
}

// startJava starts Apache Avro for Java.
func startJava(t *testing.T) *peer {
	t.Helper()
	ctx := bounded(t)
	java, classes, err := server.AvroJava(ctx)
	if err != nil {
		without(t, err)
	}
	program, err := filepath.Abs(filepath.Join("testdata", "Oracle.java"))
	if err != nil {
		t.Fatal(err)
	}
	return run(t, "Java", exec.CommandContext(ctx, java, "-Xmx512m", "-Xss8m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes, program))
}

// startPython starts Apache Avro for Python.
func startPython(t *testing.T) *peer {
	t.Helper()
	ctx := bounded(t)
	python, path, err := server.AvroPython(ctx)
	if err != nil {
		without(t, err)
	}
	cmd := exec.CommandContext(ctx, python, filepath.Join("testdata", "oracle.py"))
	cmd.Env = append(os.Environ(), "PYTHONPATH="+path, "PYTHONDONTWRITEBYTECODE=1")
	return run(t, "Python", cmd)
}

// without ends a test that cannot have what it compares with: a machine that
// lacks it is a reason to skip, unless that is forbidden.
func without(t *testing.T, err error) {
	t.Helper()
	if _, missing := errors.AsType[*server.MissingError](err); missing && os.Getenv(testenv.RequireVariable) != "1" {
		t.Skip(err)
	}
	t.Fatal(err)
}
