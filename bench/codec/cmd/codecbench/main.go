// Command codecbench measures the codecs of package table against each other, all
// in one run and by CPU time, and prints their figures in Markdown. It compares
// the ratios of our codecs with those committed in the README and never fails
// because of them.
//
//	go run ./codec/cmd/codecbench                        all, in about two minutes
//	go run ./codec/cmd/codecbench -run 'small/.*/(ours|hand|hamba)'
//	go run ./codec/cmd/codecbench -write                 and commit the figures
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/schemactl/schemactl/bench/codec/table"
)

type options struct {
	settings
	gc     int
	only   string
	readme string
	write  bool
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 10, "how many times each codec takes its turn")
	flag.DurationVar(&o.slot, "slot", 40*time.Millisecond, "CPU time of one turn")
	flag.IntVar(&o.gc, "gc", 400, "GOGC: with 400 garbage is collected every 16 MB, as in a service with a small heap; Go's default of 4 MB measures little else")
	flag.StringVar(&o.only, "run", "", "measure only codecs whose name, as in small/encode/ours, matches this regular expression")
	flag.StringVar(&o.readme, "readme", "README.md", "where the committed figures are")
	flag.BoolVar(&o.write, "write", false, "write the figures into the README")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "codecbench: %v\n", err)
		os.Exit(1)
	}
}

func (o *options) run(ctx context.Context, out io.Writer) error {
	if o.write && o.only != "" {
		return errors.New("-write wants all figures: leave out -run")
	}
	if o.rounds < 1 || o.slot <= 0 {
		return errors.New("-rounds and -slot have to be above 0")
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	was, err := committed(o.readme)
	if err != nil {
		return err
	}
	debug.SetGCPercent(o.gc)
	r := run{options: o, only: only, was: was, out: out}
	for _, shape := range table.Shapes() {
		if err := r.shape(ctx, shape); err != nil {
			return err
		}
	}
	if r.groups == 0 {
		return fmt.Errorf("-run %s: no codec has such a name", o.only)
	}
	return r.end(ctx)
}

// run is one run of the command.
type run struct {
	*options
	only *regexp.Regexp
	was  baseline
	out  io.Writer

	groups   int // measured
	report   strings.Builder
	verdicts []verdict
	worse    []string
}

// shape measures the groups of one shape.
func (r *run) shape(ctx context.Context, name string) error {
	groups, err := table.Groups(name)
	if err != nil {
		return err
	}
	for i := range groups {
		if err := r.group(ctx, &groups[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) group(ctx context.Context, g *table.Group) error {
	g.Codecs = slices.DeleteFunc(g.Codecs, func(c table.Codec) bool { return !r.only.MatchString(g.Name() + "/" + c.Name) })
	if len(g.Codecs) == 0 {
		return nil
	}
	r.groups++
	if err := g.Check(); err != nil {
		return err
	}
	rows, err := measure(ctx, g, r.settings)
	if err != nil {
		return err
	}
	got := newResult(g.Name(), g.Hand(), g.Hamba(), rows)
	r.verdicts = append(r.verdicts, judge(got)...)
	fmt.Fprintln(r.out, got.table(func(codec string) string {
		mark := r.was.worse(got, codec)
		if mark != "" {
			r.worse = append(r.worse, g.Name()+"/"+codec+": "+mark)
		}
		return mark
	}))
	r.report.WriteString(got.table(func(string) string { return "" }) + "\n")
	return nil
}

// end prints what follows the tables, and writes the README.
func (r *run) end(ctx context.Context) error {
	tail := "### Bars\n\n" + verdictTable(r.verdicts)
	if r.options.only == "" {
		generated, err := generatedReport(ctx)
		if err != nil {
			return err
		}
		tail += "\n### Generated code\n\n" + generated
	}
	fmt.Fprintln(r.out, tail)
	closing(r.out, r.worse)
	if !r.write {
		return nil
	}
	return write(r.readme, r.report.String()+tail)
}
