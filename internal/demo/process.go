package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// orders are what a process is told on its standard input, one JSON line.
type orders struct {
	DatabaseURL string   `json:"database_url"`
	Brokers     []string `json:"brokers"`
	RegistryURL string   `json:"registry_url"`
	TopicPrefix string   `json:"topic_prefix"`
	Fault       string   `json:"fault,omitempty"`
}

// news are what a process says on its standard output, a JSON line each.
type news struct {
	Ready     bool   `json:"ready,omitempty"`     // at the start barrier
	Migrated  bool   `json:"migrated,omitempty"`  // the database is ready
	Listening string `json:"listening,omitempty"` // the URL of its API
}

// process is one running application.
type process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	log   *os.File
	url   string // once it listens

	news   chan news
	exited chan struct{} // closed when the process has ended
	err    error         // how it ended; read after exited
}

// startTime bounds how long an application may take to migrate and listen.
const startTime = 60 * time.Second

// startProcess starts an application up to the barrier. It ends when its
// standard input is closed, so it does not outlive the supervisor.
func (s *supervisor) startProcess(ctx context.Context, name string) (*process, error) {
	log, err := os.OpenFile(s.file(name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	// The context must not kill it: the supervisor stops it in its own order.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.cfg.Executable, "demo", "app", name)
	cmd.Stderr = log
	apart(cmd)
	p := &process{name: name, cmd: cmd, log: log, news: make(chan news, 8), exited: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start application %s: %w", name, err), log.Close())
	}
	go p.watch(out)
	if err := p.tell(orders{s.parts.databaseURL, s.parts.brokers, s.parts.registryURL, s.prefix, s.cfg.Fault}); err != nil {
		return p, err
	}
	_, err = p.wait(ctx, "come to the start", func(n news) bool { return n.Ready })
	return p, err
}

// watch reads what the process says until it ends.
func (p *process) watch(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var n news
		if json.Unmarshal(lines.Bytes(), &n) == nil {
			select {
			case p.news <- n:
			default: // nobody waits for news any more
			}
		}
	}
	p.err = errors.Join(p.cmd.Wait(), p.log.Close())
	close(p.exited)
}

func (p *process) tell(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := p.stdin.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("application %s ended too early: %s", p.name, p.lastWords())
	}
	return nil
}

// wait waits until the process has said what is wanted.
func (p *process) wait(ctx context.Context, what string, wanted func(news) bool) (news, error) {
	limit, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		select {
		case n := <-p.news:
			if wanted(n) {
				return n, nil
			}
		case <-p.exited:
			return news{}, fmt.Errorf("application %s ended too early: %s", p.name, p.lastWords())
		case <-limit.Done():
			if ctx.Err() != nil {
				return news{}, ctx.Err()
			}
			return news{}, fmt.Errorf("application %s did not %s within %s: %s", p.name, what, startTime, p.lastWords())
		}
	}
}

// lastWords is the end of the process's log.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if last == "" {
		return "it said nothing"
	}
	return last
}

// kill ends the process as a crash would: SIGKILL, no clean-up.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill application %s: %w", p.name, err)
	}
	<-p.exited
	return nil
}

// stop asks the process to end and waits for it; after the context it is killed.
func (p *process) stop(ctx context.Context) error {
	// Closing its input says the same; a process that has ended needs neither.
	_ = p.stdin.Close()
	select {
	case <-p.exited:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("application %s did not stop in time and was killed", p.name), p.kill())
	}
	if p.err != nil {
		return fmt.Errorf("application %s failed: %s", p.name, p.lastWords())
	}
	return nil
}
