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

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/registrybench"
)

type benchOptions struct {
	url      string
	output   string
	disk     string
	alone    bool
	constant bool
	run      registrybench.Options
}

func newRegistryBenchCommand(env *Env) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure any registry that speaks the REST contract",
		Long: `Registers subjects in the registry at --url, measures how many requests of each kind
it answers, and removes them again. Beside it, in turns, a process that answers
constants is measured by the same clients, and commits of one row to an SQLite file;
the ratios to these say what the registry costs.

It writes: do not point it at a registry that people depend on.`,
		Example: `  schemactl registry bench --url http://127.0.0.1:8081
  schemactl registry bench --url http://127.0.0.1:8081 --subjects 500 --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.constant {
				return serveConstants(cmd.Context(), env)
			}
			return o.bench(cmd.Context(), env)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "url", "", "URL of the registry")
	f.IntVar(&o.run.Subjects, "subjects", 5000, "subjects that there are before anything is measured")
	f.IntVar(&o.run.Fields, "fields", 20, "fields of a schema")
	f.IntVar(&o.run.Clients, "clients", 16, "clients that ask at once")
	f.IntVar(&o.run.Rounds, "rounds", 5, "turns of each kind of request")
	f.DurationVar(&o.run.Turn, "turn", time.Second, "how long a turn lasts")
	f.BoolVar(&o.run.Keep, "keep", false, "leave what was registered")
	f.BoolVar(&o.alone, "alone", false, "measure no yardsticks")
	f.StringVar(&o.disk, "disk", "", "folder whose disk the commits are measured on (default: a temporary one)")
	f.BoolVar(&o.constant, "serve-constants", false, "be the process that answers constants")
	_ = f.MarkHidden("serve-constants") // it is there
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *benchOptions) bench(ctx context.Context, env *Env) (err error) {
	if o.url == "" {
		return Usagef("no registry: give --url")
	}
	o.run.URL = o.url
	o.run.Progress = func(what string) { fmt.Fprintf(env.Err, "%s …\n", what) }
	if !o.alone {
		url, stop, err := startConstants(ctx)
		if err != nil {
			return fmt.Errorf("start the server of constants: %w", err)
		}
		defer stop()
		commit, closeDisk, err := o.commits(ctx)
		if err != nil {
			return fmt.Errorf("prepare commits: %w", err)
		}
		defer func() { err = errors.Join(err, closeDisk()) }()
		o.run.Constants, o.run.Commit = url, commit
	}
	figures, err := registrybench.Run(ctx, o.run)
	if err != nil {
		return err
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, figures)
	}
	var rows [][]any
	for _, f := range figures {
		ratio, p99 := "", ""
		if f.Yardstick != "" {
			ratio, p99 = fmt.Sprintf("%.2f × %s", f.Ratio, f.Yardstick), fmt.Sprintf("%.1f ×", f.P99Ratio)
		}
		rows = append(rows, []any{
			f.Name, fmt.Sprintf("%.0f", f.Rate), f.P50.Round(10 * time.Microsecond), f.P99.Round(10 * time.Microsecond), ratio, p99,
		})
	}
	return PrintTable(env.Out, []string{"Request", "A second", "p50", "p99", "Rate", "p99 to its"}, rows)
}

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
	return database.Open(ctx, "sqlite:"+filepath.Join(dir, "commits.db"), database.WithDurableCommits())
}

// startConstants runs this program once more, as the server of constants, so that
// it has a process of its own as the registry has.
func startConstants(ctx context.Context) (string, func(), error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, self, "registry", "bench", "--serve-constants")
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe() // its end is the end of that process, however this one ends
	if err != nil {
		cancel()
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return "", nil, err
	}
	stop := func() {
		_ = in.Close()
		cancel()
		_ = cmd.Wait() // it was ended
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("it did not start: %w", err)
	}
	return strings.TrimSpace(url), stop, nil
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
