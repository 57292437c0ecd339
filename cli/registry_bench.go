package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/internal/registrybench"
)

type benchOptions struct {
	url      string
	subjects []int
	output   string
	disk     string
	alone    bool
	constant bool
	run      registrybench.Options
}

// benchReport is what was measured with one number of subjects; what begins with Ready
// and Replayed of a server that was started for it.
type benchReport struct {
	registrybench.Report
	ReadyEmpty time.Duration `json:"ready_empty_ns,omitempty"`
	// ReadyFilled is the time until the server was ready once more, with all that was
	// registered, and ResidentAgain what it took then.
	ReadyFilled   time.Duration `json:"ready_filled_ns,omitempty"`
	ResidentAgain int64         `json:"resident_again_bytes,omitempty"`
	// Replayed is versions a second, by how much longer than when it was empty that took.
	Replayed float64 `json:"replayed_per_second,omitempty"`
}

func newRegistryBenchCommand(env *Env) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure any registry that speaks the REST contract",
		Long: `Registers subjects in the registry at --url, measures how many requests of each kind
it answers, and removes them again. Beside it, in turns, a process that answers
constants is measured by the same clients, and commits of one row to an SQLite file
that reach the disk; the ratios to these say what the registry costs, and the bars
what is wanted of our own. What /metrics tells of its memory is read, too.

Without --url a server of this program is started over a new SQLite file, and again
once that is filled: how long it takes to be ready is measured, too. With several
numbers of subjects all is measured with each of them, and the rates are compared.

It writes: do not point it at a registry that people depend on.`,
		Example: `  schemactl registry bench
  schemactl registry bench --url http://127.0.0.1:8081
  schemactl registry bench --subjects 500,50000 --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.constant {
				return serveConstants(cmd.Context(), env)
			}
			return o.bench(cmd.Context(), env)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "url", "", "URL of the registry (default: one that is started)")
	f.IntSliceVar(&o.subjects, "subjects", []int{5000}, "subjects that there are before anything is measured; several numbers are compared")
	f.IntVar(&o.run.Fields, "fields", 20, "fields of a schema")
	f.IntVar(&o.run.Clients, "clients", 16, "clients that ask at once")
	f.IntVar(&o.run.Rounds, "rounds", 5, "turns of each kind of request")
	f.DurationVar(&o.run.Turn, "turn", time.Second, "how long a turn lasts")
	f.BoolVar(&o.run.Keep, "keep", false, "leave what was registered at --url")
	f.BoolVar(&o.alone, "alone", false, "measure no yardsticks")
	f.StringVar(&o.disk, "disk", "", "folder for the files of the commits and of a server that is started (default: a temporary one)")
	f.BoolVar(&o.constant, "serve-constants", false, "be the process that answers constants")
	_ = f.MarkHidden("serve-constants") // it is there
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *benchOptions) bench(ctx context.Context, env *Env) (err error) {
	if len(o.subjects) == 0 || slices.Min(o.subjects) < 1 {
		return Usagef("--subjects: want one number or several, each above 0")
	}
	o.run.Progress = func(what string) { fmt.Fprintf(env.Err, "%s …\n", what) }
	if !o.alone {
		constants, err := startSelf(ctx, "registry", "bench", "--serve-constants")
		if err != nil {
			return fmt.Errorf("start the server of constants: %w", err)
		}
		defer constants.stop()
		commit, closeDisk, err := o.commits(ctx)
		if err != nil {
			return fmt.Errorf("prepare commits: %w", err)
		}
		defer func() { err = errors.Join(err, closeDisk()) }()
		o.run.Constants, o.run.Commit = constants.url, commit
	}
	var reports []benchReport
	for _, n := range o.subjects {
		o.run.Subjects = n
		report, err := o.measure(ctx)
		if err != nil {
			return err
		}
		reports = append(reports, report)
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, reports)
	}
	return printBench(env.Out, reports)
}

func (o *benchOptions) measure(ctx context.Context) (benchReport, error) {
	if o.url == "" {
		return o.measureOwn(ctx)
	}
	run := o.run
	run.URL = o.url
	report, err := registrybench.Run(ctx, run)
	return benchReport{Report: report}, err
}

// measureOwn measures a server of its own, and then how long another one takes to read
// what that one has left.
func (o *benchOptions) measureOwn(ctx context.Context) (report benchReport, err error) {
	dir, err := os.MkdirTemp(o.disk, "schemactl-bench-")
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	serve := []string{"registry", "serve", "--listen", "127.0.0.1:0", "--log-level", "error", "--store", "sqlite:" + filepath.Join(dir, "registry.db")}
	first, err := startSelf(ctx, serve...)
	if err != nil {
		return report, fmt.Errorf("start a server: %w", err)
	}
	run := o.run
	run.URL, run.Keep = first.url, true
	report.ReadyEmpty = first.took
	report.Report, err = registrybench.Run(ctx, run)
	first.stop()
	if err != nil {
		return report, err
	}
	o.run.Progress("starting it again")
	again, err := startSelf(ctx, serve...)
	if err != nil {
		return report, fmt.Errorf("start the server again: %w", err)
	}
	defer again.stop()
	report.ReadyFilled, report.ResidentAgain = again.took, registrybench.Resident(ctx, again.url)
	if longer := again.took - first.took; longer > 0 {
		report.Replayed = float64(report.Versions) / longer.Seconds()
	}
	return report, nil
}
