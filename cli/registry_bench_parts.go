package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
)

// commits opens a new SQLite file with durable commits, one row each.
func (o *benchOptions) commits(ctx context.Context) (func(context.Context, int) error, func() error, error) {
	dir, err := os.MkdirTemp(o.disk, "schemactl-bench-")
	if err != nil {
		return nil, nil, err
	}
	db, err := openCommits(ctx, dir)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	end := func() error { return errors.Join(database.Close(db), os.RemoveAll(dir)) }
	if err := db.WithContext(ctx).Exec("CREATE TABLE commits (n INTEGER, body TEXT)").Error; err != nil {
		return nil, nil, errors.Join(err, end())
	}
	row := strings.Repeat("x", 1000)
	return func(ctx context.Context, n int) error {
		return db.WithContext(ctx).Exec("INSERT INTO commits (n, body) VALUES (?, ?)", n, row).Error
	}, end, nil
}

// openCommits opens the file as a registry's store is opened.
func openCommits(ctx context.Context, dir string) (*gorm.DB, error) {
	return database.Open(ctx, "sqlite:"+filepath.Join(dir, "commits.db"))
}

// self is this program once more, as a server in a process of its own.
type self struct {
	url  string
	took time.Duration // until it said so
	stop func()
}

func startSelf(ctx context.Context, args ...string) (*self, error) {
	name, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 15 * time.Second
	in, err := cmd.StdinPipe() // its end is the end of a server of constants, however this process ends
	if err != nil {
		cancel()
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	began := time.Now()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	stop := func() {
		_ = in.Close()
		cancel()
		_ = cmd.Wait() // it was ended
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return nil, fmt.Errorf("it did not start: %w", err)
	}
	return &self{strings.TrimSpace(url), time.Since(began), stop}, nil
}

// constantLength is as long as that of a schema of 20 fields.
const constantLength = 1200

func serveConstants(ctx context.Context, env *Env) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	answer := []byte(`{"schema":"` + strings.Repeat("x", constantLength) + `"}`)
	server := &http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20)) // as a registry would read it
			w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
			_, _ = w.Write(answer)
		}),
	}
	if _, err := fmt.Fprintf(env.Out, "http://%s\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	go func() {
		_, _ = io.Copy(io.Discard, env.In)
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
