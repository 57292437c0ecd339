package test_test

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// running is a program that has been started.
type running struct {
	cmd    *exec.Cmd
	exited chan struct{}

	mu    sync.Mutex // guards lines
	lines []string   // of stderr, and of stdout too
}

// start starts the program and collects what it says.
func (p program) start(t *testing.T) *running {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r, listen := p.startOn(t, out, in)
	listen()
	return r
}

// startOn is start with a pipe for all that the program says, which nobody reads
// until listen is called.
func (p program) startOn(t *testing.T, out, in *os.File) (r *running, listen func()) {
	t.Helper()
	r = &running{cmd: p.command(t), exited: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = in, in
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard := make(chan struct{})
	listen = sync.OnceFunc(func() { close(heard) })
	var read sync.WaitGroup
	read.Go(func() {
		<-heard
		defer out.Close() //nolint:errcheck // only read
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.mu.Lock()
			r.lines = append(r.lines, lines.Text())
			r.mu.Unlock()
		}
	})
	go func() {
		_ = r.cmd.Wait() // its exit code is looked at
		_ = in.Close()
		read.Wait()
		close(r.exited)
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // it may have ended
		listen()
		<-r.exited
	})
	return r, listen
}

// said is all that the program has said so far.
func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "\n")
}

// after waits for a line with the text and returns what follows it there.
func (r *running) after(t *testing.T, text string) string {
	t.Helper()
	var rest string
	eventually(t, "a line with "+text, time.Minute, func() bool {
		ended := false
		select {
		case <-r.exited:
			ended = true
		default:
		}
		_, tail, found := strings.Cut(r.said(), text)
		if ended && !found {
			t.Fatalf("it ended without a line with %s:\n%s", text, r.said())
		}
		rest, _, _ = strings.Cut(tail, "\n")
		return found
	})
	return strings.TrimSpace(rest)
}

// interrupt is Ctrl-C; it returns the exit code.
func (r *running) interrupt(t *testing.T, limit time.Duration) int {
	t.Helper()
	r.signal(t, syscall.SIGINT)
	return r.ends(t, limit)
}

// ends waits for the end and returns the exit code.
func (r *running) ends(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case <-r.exited:
	case <-time.After(limit):
		t.Fatalf("it still runs after %s:\n%s", limit, r.said())
	}
	return r.cmd.ProcessState.ExitCode()
}

// signal sends one to the process.
func (r *running) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
