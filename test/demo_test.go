package test_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

// demoReport is what `demo --output json` prints.
type demoReport struct {
	Run        string `json:"run"`
	Migrations []struct {
		Source      string `json:"source"`
		File        string `json:"file"`
		Application string `json:"application"`
		Times       int    `json:"times"`
	} `json:"migrations"`
	Schemas []struct {
		Subject string `json:"subject"`
		Version int    `json:"version"`
		ID      int    `json:"id"`
	} `json:"schemas"`
	Published int `json:"published"`
	Delivered int `json:"delivered"`
	counts
	Kills int `json:"kills"`
	Rates struct {
		Events float64 `json:"events_per_second"`
	} `json:"rates"`
	Seconds float64 `json:"seconds"`
}

// counts are what makes a run of the demo fail.
type counts struct {
	Lost        int `json:"lost"`
	Duplicated  int `json:"duplicated"`
	OutOfOrder  int `json:"out_of_order"`
	Left        int `json:"left"`
	Unexplained int `json:"unexplained"`
}

// demo is a run of the demo with a temporary folder of its own, by which its
// processes and its files can be found.
type demo struct {
	program
	tmp string
}

func newDemo(t *testing.T, args ...string) demo {
	t.Helper()
	tmp := t.TempDir()
	p := schemactl(t, append([]string{"demo"}, args...)...)
	p.env = append(p.env, "TMPDIR="+tmp)
	return demo{program: p, tmp: tmp}
}

// nothingLeft checks that no process and no file of the demo is there any more.
func (d demo) nothingLeft(t *testing.T) {
	t.Helper()
	if found := processesWith(t, "TMPDIR="+d.tmp); len(found) > 0 {
		t.Errorf("processes that outlive the demo: %v", found)
	}
	files, err := os.ReadDir(d.tmp)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) > 0 {
		t.Errorf("left in the temporary folder: %v", files)
	}
}

// processesWith are the processes that have a variable in their environment,
// where the system shows it.
func processesWith(t *testing.T, variable string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil || !slices.Contains(strings.Split(string(env), "\x00"), variable) {
			continue // it has ended, or is somebody else's
		}
		line, err := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if err == nil && len(line) > 0 {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// The whole idea on parts that come with it, and on real servers: at least ten
// thousand events in less than a minute, and nothing lost, doubled, out of order
// or left behind.
func TestDemo(t *testing.T) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		takeTurn(t)
		wholeDemo(t)
	})
	for name, url := range map[string]func(testing.TB) string{"postgres": testenv.Postgres, "mariadb": testenv.MariaDB} {
		t.Run(name+" and kafka", func(t *testing.T) {
			t.Parallel()
			brokers, database := testenv.Kafka(t), url(t)
			takeTurn(t)
			args := []string{"--database-url", database, "--brokers", strings.Join(brokers, ",")}
			registry := ""
			if name == "mariadb" {
				registry = serveRegistry(t)
				args = append(args, "--registry-url", registry)
			}
			report := wholeDemo(t, args...)
			if left := tables(t, open(t, database)); len(left) > 0 {
				t.Errorf("tables that the demo has left: %v", left)
			}
			goneFromBroker(t, brokers, report.Run)
			if registry != "" {
				if left := get[[]string](t, registry+"/subjects"); len(left) > 0 {
					t.Errorf("subjects that the demo has left: %v", left)
				}
			}
		})
	}
}

func wholeDemo(t *testing.T, args ...string) demoReport {
	t.Helper()
	const events = 10_000
	d := newDemo(t, append([]string{"--output", "json", "--events", fmt.Sprint(events)}, args...)...)
	r := d.run(t)
	if r.code != 0 {
		t.Errorf("exit code %d:\n%s", r.code, r.stderr)
	}
	report := decode[demoReport](t, r.stdout)
	t.Logf("%d events in %.1f s, %.0f a second", report.Published, report.Seconds, report.Rates.Events)
	if diff := cmp.Diff(counts{}, report.counts); diff != "" {
		t.Errorf("what the audit found (-want +got):\n%s", diff)
	}
	if report.Published < events || report.Delivered != report.Published {
		t.Errorf("published %d, delivered %d, want both the same and at least %d", report.Published, report.Delivered, events)
	}
	if report.Kills != 1 {
		t.Errorf("%d kills, want 1", report.Kills)
	}
	if report.Seconds <= 0 || report.Seconds >= 60 {
		t.Errorf("it took %.1f s, want less than 60", report.Seconds)
	}
	checkMigrations(t, report)
	checkSchemas(t, report)
	d.nothingLeft(t)
	return report
}

// checkMigrations wants those of all four sources, once each.
func checkMigrations(t *testing.T, report demoReport) {
	t.Helper()
	sources := map[string]int{}
	for _, m := range report.Migrations {
		sources[m.Source]++
		if m.Times != 1 {
			t.Errorf("%s of %s ran %d times", m.File, m.Source, m.Times)
		}
		if m.Application != "messaging" && m.Application != "billing" {
			t.Errorf("%s of %s was run by %q", m.File, m.Source, m.Application)
		}
	}
	_, files := outbox.Source()
	outboxFiles, err := fs.Glob(files, "sqlite/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"shared": 8, "outbox": len(outboxFiles), "messaging": 2, "billing": 1}
	if diff := cmp.Diff(want, sources); diff != "" {
		t.Errorf("migrations of each source (-want +got):\n%s", diff)
	}
}

// checkSchemas wants the four events under subjects of this run, with ids.
func checkSchemas(t *testing.T, report demoReport) {
	t.Helper()
	var subjects []string
	ids := map[int]bool{}
	for _, s := range report.Schemas {
		name, own := strings.CutPrefix(s.Subject, report.Run+".")
		if !own {
			t.Errorf("subject %s does not begin with the run's %s", s.Subject, report.Run)
		}
		subjects = append(subjects, name)
		ids[s.ID] = true
		if s.Version != 1 || s.ID < 1 {
			t.Errorf("subject %s has version %d with id %d", s.Subject, s.Version, s.ID)
		}
	}
	want := []string{
		"accounts-value", "messages-schemactl.events.MessageCreated",
		"messages-schemactl.events.MessageDelivered", "payments-value",
	}
	if diff := cmp.Diff(want, subjects, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("subjects in the report (-want +got):\n%s", diff)
	}
	if len(ids) != len(report.Schemas) {
		t.Errorf("%d ids for %d schemas", len(ids), len(report.Schemas))
	}
}

// What is broken on purpose must be seen: an audit that cannot fail says nothing.
func TestDemoSeesFaults(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]counts{
		"keep-rows":     {Left: 1},
		"drop-record":   {Lost: 1},
		"double-effect": {Duplicated: 1},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			takeTurn(t)
			d := newDemo(t, "--output", "json", "--events", "400")
			d.env = append(d.env, "SCHEMACTL_DEMO_FAULT="+fault)
			r := d.run(t)
			if r.code != 1 {
				t.Errorf("exit code %d, want 1: %s", r.code, r.stderr)
			}
			if diff := cmp.Diff(want, decode[demoReport](t, r.stdout).counts); diff != "" {
				t.Errorf("what the audit found (-want +got):\n%s", diff)
			}
			d.nothingLeft(t)
		})
	}
}
