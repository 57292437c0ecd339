package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/internal/demo"
	"github.com/schemactl/schemactl/registry/client"
)

type demoOptions struct {
	cfg    demo.Config
	open   string
	output string
}

const demoLong = `The whole idea, end to end, with nothing installed and nothing configured.

Two applications (messaging and billing) start at the same moment as two
processes on one database. Each runs what is pending of the migrations, serves
an API, relays its outbox and consumes events. Messages are created and paid
for, and when half of the events have had their effect billing is killed with
SIGKILL and started again. Then an audit compares the rows of the database, the
records on the topics and the journals of the effects.

  lost          a change without a record, or an event without an effect
  duplicated    an effect that happened more than once
  redelivered   a record that was sent again; the kill explains it, and the
                inbox of each consumer passes over it
  out of order  a record that comes after a later change of the same key
  unexplained   a record or an effect that no row implies
  unfinished    a row whose next step never came
  left          rows in the outbox after the drain

It exits with 1 when there is any of these but redelivered. To see
that the audit can find something, set SCHEMACTL_DEMO_FAULT to keep-rows,
drop-record or double-effect.

By default the database is an SQLite file, the broker an embedded one and the
registry an embedded one, in a temporary folder that is removed. Real servers
are used when they are named; the database must be empty, topics, groups and
subjects carry a prefix of the run, and everything is removed at the end.`

func newDemoCommand(env *cli.Env) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the whole idea end to end and audit it",
		Long:  demoLong,
		Example: `  schemactl demo
  schemactl demo --events 50000 --output json
  schemactl demo --database-url postgres://app:secret@127.0.0.1:5432/empty --brokers 127.0.0.1:9092`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd, env, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.cfg.DatabaseURL, "database-url", "", "empty database to use (default: an SQLite file of its own)")
	f.StringSliceVar(&o.cfg.Brokers, "brokers", nil, "Kafka brokers to use (default: an embedded broker)")
	f.StringVar(&o.cfg.RegistryURL, "registry-url", "", "schema registry to use (default: an embedded one)")
	f.IntVar(&o.cfg.Events, "events", 10_000, "how many events go through, at least")
	f.BoolVar(&o.cfg.Keep, "keep", false, "keep the data and print the command that opens it again")
	f.BoolVar(&o.cfg.Serve, "serve", false, "keep everything up after the audit, until Ctrl-C")
	f.StringVar(&o.open, "open", "", "serve the run that --keep has left in this folder")
	cli.OutputFlag(cmd, &o.output)
	cmd.AddCommand(newDemoAppCommand(env))
	return cmd
}

// newDemoAppCommand is what the demo starts as a process of its own.
func newDemoAppCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:       "app NAME",
		Short:     "One application of the demo",
		Hidden:    true,
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{"messaging", "billing"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return demo.RunApp(cmd.Context(), args[0], env.In, env.Out, env.Err)
		},
	}
}

func runDemo(cmd *cobra.Command, env *cli.Env, o *demoOptions) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("the demo starts its own binary and cannot find it: %w", err)
	}
	o.cfg.Executable = executable
	o.cfg.Name = env.Project.Name
	o.cfg.Notes = env.Err
	o.cfg.Bar = cli.IsTerminal(env.Err)
	o.cfg.Fault, _ = env.LookupEnv("SCHEMACTL_DEMO_FAULT")
	if o.open != "" {
		return demo.Open(cmd.Context(), o.open, o.cfg)
	}
	if err := o.cfg.Validate(); err != nil {
		return cli.Usagef("%w", err)
	}
	if o.cfg.RegistryURL != "" {
		if _, err := client.New(o.cfg.RegistryURL); err != nil {
			return cli.Usagef("%w", err)
		}
	}
	var printed error
	o.cfg.OnReport = func(r *demo.Report) { printed = printReport(env.Out, o.output, r) }
	report, err := demo.Run(cmd.Context(), o.cfg)
	if err != nil {
		return err
	}
	if printed != nil {
		return printed
	}
	if problems := report.Problems(); len(problems) > 0 {
		return fmt.Errorf("the demo found: %s", strings.Join(problems, ", "))
	}
	return nil
}

func printReport(w io.Writer, output string, r *demo.Report) error {
	if output == cli.FormatJSON {
		return cli.PrintJSON(w, r)
	}
	rows := make([][]any, len(r.Migrations))
	for i, m := range r.Migrations {
		rows[i] = []any{m.File, m.Source, m.Application, m.Times, fmt.Sprintf("%.1f ms", m.Millis)}
	}
	if err := cli.PrintTable(w, []string{"Migration", "Source", "Run by", "Times", "Took"}, rows); err != nil {
		return err
	}
	rows = make([][]any, len(r.Schemas))
	for i, s := range r.Schemas {
		rows[i] = []any{s.Subject, s.Version, s.ID}
	}
	if err := printSection(w, []string{"Schema subject", "Version", "ID"}, rows); err != nil {
		return err
	}
	err := printSection(w, []string{"Events", ""}, [][]any{
		{"published", r.Published},
		{"delivered", r.Delivered},
		{"lost", r.Lost},
		{"duplicated", r.Duplicated},
		{"redelivered", fmt.Sprintf("%d  (%d kill)", r.Redelivered, r.Kills)},
		{"out of order", r.OutOfOrder},
		{"unexplained", r.Unexplained},
		{"unfinished", r.Unfinished},
		{"left in the outbox", r.Left},
		{"events per second", fmt.Sprintf("%.0f", r.Rates.Events)},
		{"seconds", fmt.Sprintf("%.1f", r.Seconds)},
	})
	if err != nil {
		return err
	}
	for _, f := range r.Findings {
		if _, err := fmt.Fprintln(w, "  "+f); err != nil {
			return err
		}
	}
	return nil
}

// printSection prints a table below another one.
func printSection(w io.Writer, header []string, rows [][]any) error {
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return cli.PrintTable(w, header, rows)
}
