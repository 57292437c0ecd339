package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// Part is a kind of server.
type Part string

// The parts that can be started.
const (
	Postgres Part = "postgres"
	MariaDB  Part = "mariadb"
	Kafka    Part = "kafka"
)

// Parts lists all of them.
func Parts() []Part { return []Part{Postgres, MariaDB, Kafka} }

// Variable is the environment variable that names a running server of this
// kind, so that none is started: a database URL, or Kafka's brokers separated
// by commas.
func (p Part) Variable() string {
	switch p {
	case Postgres:
		return "SCHEMACTL_TEST_POSTGRES_URL"
	case MariaDB:
		return "SCHEMACTL_TEST_MARIADB_URL"
	case Kafka:
		return "SCHEMACTL_TEST_KAFKA_BROKERS"
	}
	return ""
}

// Server is a running server. It ends with the process that started it.
type Server struct {
	Part  Part
	Value string // what the part's Variable is to hold
	From  string // where its programs were found
	Dir   string // its folder, which holds its log and goes with it

	keeper *keeper
	probe  func(context.Context) error
}

// Crash kills the server, starts it again on the same data and the same port,
// and waits until it answers.
func (s *Server) Crash(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if err := s.keeper.again(ctx); err != nil {
			return fmt.Errorf("crash %s: %w", s.Part, err)
		}
		// It may have been too early, as what the dead one left was still there.
		try, stop := context.WithTimeout(ctx, againTimeout)
		err := wait(try, nil, s.probe)
		stop()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return &StartError{Part: s.Part, Log: s.keeper.logTail(), cause: err}
		}
	}
}

// Stop ends the server, waits for its end and removes its folder. It takes at
// most half a minute and may be called once.
func (s *Server) Stop() error {
	if err := s.keeper.stop(); err != nil {
		return fmt.Errorf("stop %s: %w", s.Part, err)
	}
	return nil
}

const (
	startTries   = 3                // each with another port
	startTimeout = 90 * time.Second // for one try; a JVM on a busy machine is slow
	againTimeout = 15 * time.Second // for one try after a crash
	probePause   = 25 * time.Millisecond
)

// recipe is what differs between the parts.
type recipe struct {
	from    string            // where the programs are
	user    string            // the user to run as when we are root; empty: stay root
	value   string            // Server.Value
	files   map[string]string // files to write into the folder, by name
	prepare []string          // command that makes the data folder
	serve   []string          // command that becomes the server
	signal  string            // the signal that stops it: INT, QUIT, TERM, KILL
	probe   func(context.Context) error
}

// Start starts a part and waits until it answers and has proved to be the
// server that was started. It returns an *UnavailableError when the machine has
// not what the part needs, and a *StartError when the server did not come up.
// Cancelling ctx ends the wait, not a server that is up already.
func Start(ctx context.Context, part Part) (*Server, error) {
	write, err := find(ctx, part)
	if err != nil {
		return nil, err
	}
	return attempt(ctx, part, write)
}

// attempt starts a server by a recipe, on other ports when one was taken.
func attempt(ctx context.Context, part Part, write finder) (*Server, error) {
	for try := 1; ; try++ {
		s, err := start(ctx, part, write)
		if err == nil {
			return s, nil
		}
		if try == startTries || ctx.Err() != nil {
			return nil, err
		}
	}
}

// finder returns the recipe for one try, in a folder and on ports of its own.
type finder func(dir string, ports []int) (recipe, error)

func find(ctx context.Context, part Part) (finder, error) {
	switch part {
	case Postgres:
		return findPostgres()
	case MariaDB:
		return findMariaDB()
	case Kafka:
		return findKafka(ctx)
	}
	return nil, fmt.Errorf("unknown part %q: want postgres, mariadb or kafka", part)
}

func start(ctx context.Context, part Part, write finder) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ports, err := freePorts(ctx, 2)
	if err != nil {
		return nil, &StartError{Part: part, cause: err}
	}
	dir, err := os.MkdirTemp(tempRoot(), "schemactl-"+string(part)+"-")
	if err != nil {
		return nil, &StartError{Part: part, cause: err}
	}
	r, err := write(dir, ports)
	if err != nil {
		return nil, errors.Join(&StartError{Part: part, cause: err}, os.RemoveAll(dir))
	}
	k, err := keep(dir, r)
	if err != nil {
		return nil, errors.Join(&StartError{Part: part, cause: err}, os.RemoveAll(dir))
	}
	if err := wait(ctx, k.gone, r.probe); err != nil {
		log := k.logTail()
		return nil, &StartError{Part: part, Log: log, cause: errors.Join(err, k.stop())}
	}
	return &Server{Part: part, Value: r.value, From: r.from, Dir: dir, keeper: k, probe: r.probe}, nil
}

// wait asks the server until it answers rightly, has ended, or time is up.
func wait(ctx context.Context, gone <-chan struct{}, probe func(context.Context) error) error {
	for {
		err := probe(ctx)
		if err == nil || errors.Is(err, errStranger) {
			return err
		}
		select {
		case <-gone:
			return errors.New("the server ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("no answer in time: %w", err)
		case <-time.After(probePause):
		}
	}
}

// freePorts returns ports that were free on 127.0.0.1 a moment ago. Somebody may
// take one before the server does; the identity check and another try see to that.
func freePorts(ctx context.Context, n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range n {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // all stay open until the last is found, so that they differ
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		p, err := strconv.Atoi(port)
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		ports = append(ports, p)
	}
	return ports, nil
}

// tempRoot prefers /tmp: a socket's path has 107 bytes at most, and a server
// that runs as another user must be able to reach its folder.
func tempRoot() string {
	if info, err := os.Stat("/tmp"); err == nil && info.IsDir() {
		return "/tmp"
	}
	return os.TempDir()
}

// Look tells whether a part could be started from what this machine has; an
// *UnavailableError says what is missing.
func Look(ctx context.Context, part Part) error {
	_, err := find(ctx, part)
	return err
}
