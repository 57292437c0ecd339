package registrybench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what is measured. The zero value of each but URL has a default.
type Options struct {
	// URL is that of the registry.
	URL string
	// Subjects is how many there are before anything else is measured (5,000),
	// Fields how many fields a schema has (20).
	Subjects, Fields int
	// Clients ask at once (16), each kind of request for Rounds turns (5) of Turn
	// (1 s).
	Clients, Rounds int
	Turn            time.Duration
	// Constants is the URL of a server that answers every request with 200 and a
	// constant; "" leaves the comparison out.
	Constants string
	// Commit writes one row that lasts, for the comparison with what is registered;
	// nil leaves it out.
	Commit func(ctx context.Context, n int) error
	// Prefix is what the subjects' names begin with; they are removed in the end,
	// unless Keep is set.
	Prefix string
	Keep   bool
	// Progress hears what is done now.
	Progress func(what string)
}

func (o *Options) fill() {
	set := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	set(&o.Subjects, 5000)
	set(&o.Fields, 20)
	set(&o.Clients, 16)
	set(&o.Rounds, 5)
	if o.Turn <= 0 {
		o.Turn = time.Second
	}
	if o.Prefix == "" {
		o.Prefix = fmt.Sprintf("bench-%d-", time.Now().UnixNano())
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
}

// Figure is what was measured of one kind of request.
type Figure struct {
	Name string `json:"name"`
	// Rate is answers a second, the median of the turns; P50 and P99 are over all.
	Rate float64       `json:"rate_per_second"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	// Yardstick says what it is compared with, "" for nothing: Ratio is the rate
	// divided by that of the yardstick, P99Ratio the p99 divided by its p99.
	Yardstick string  `json:"yardstick,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"`
	P99Ratio  float64 `json:"p99_ratio,omitempty"`
	// Bar is the least Ratio that we want of our own registry, 0 for none.
	Bar float64 `json:"bar,omitempty"`
}

// Report is what was measured of a registry.
type Report struct {
	// Subjects is how many there were before anything was measured, Versions how many
	// were registered in all.
	Subjects int      `json:"subjects"`
	Versions int      `json:"versions"`
	Figures  []Figure `json:"figures"`
	// ResidentBefore and ResidentFilled are the memory of its process before the
	// subjects were registered and after that, 0 where it does not tell.
	ResidentBefore int64 `json:"resident_before_bytes,omitempty"`
	ResidentFilled int64 `json:"resident_filled_bytes,omitempty"`
}

const (
	constants = "constants"
	commits   = "commits"
)

// bench is a run under way.
type bench struct {
	Options
	reg, fixed *server
	ids        []int // of the subjects' first versions
	made       atomic.Int64
	versions   []atomic.Int64
	turnOf     []sync.Mutex // one writer of next versions for each subject
}

// Run fills the registry and measures it. On an error what was registered is
// removed as well.
func Run(ctx context.Context, o Options) (report Report, err error) {
	o.fill()
	b := &bench{Options: o, reg: newServer(o.URL, o.Clients), versions: make([]atomic.Int64, o.Subjects), turnOf: make([]sync.Mutex, o.Subjects)}
	defer b.reg.close()
	if o.Constants != "" {
		b.fixed = newServer(o.Constants, o.Clients)
		defer b.fixed.close()
	}
	if !o.Keep {
		defer func() {
			clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
			defer cancel()
			o.Progress("removing what was registered")
			err = errors.Join(err, b.remove(clean))
		}()
	}
	report = Report{Subjects: o.Subjects, ResidentBefore: b.reg.resident(ctx)}
	o.Progress(fmt.Sprintf("registering %d subjects", o.Subjects))
	if err := b.prepare(ctx); err != nil {
		return report, err
	}
	report.ResidentFilled = b.reg.resident(ctx)
	for _, k := range b.kinds() {
		o.Progress(k.name)
		f, err := b.measure(ctx, k)
		if err != nil {
			return report, fmt.Errorf("%s: %w", k.name, err)
		}
		report.Figures = append(report.Figures, f)
	}
	report.Versions = int(b.made.Load())
	for i := range b.versions {
		report.Versions += int(b.versions[i].Load()) - 1 // the first one is counted
	}
	return report, nil
}

// prepare registers the subjects that the measured requests are about.
func (b *bench) prepare(ctx context.Context) error {
	b.ids = make([]int, b.Subjects)
	var next atomic.Int64
	var mu sync.Mutex // guards failed
	var failed error
	var wg sync.WaitGroup
	for range b.Clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= b.Subjects {
					return
				}
				id, err := b.register(ctx, subject(b.Prefix, n), text(n, 1, b.Fields))
				mu.Lock()
				failed = errors.Join(failed, err)
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
				b.ids[n] = id
				b.versions[n].Store(1)
			}
		})
	}
	wg.Wait()
	b.made.Store(int64(b.Subjects))
	return errors.Join(failed, ctx.Err())
}

func (b *bench) register(ctx context.Context, name, schema string) (int, error) {
	answer, err := b.reg.ask(ctx, request{http.MethodPost, "/subjects/" + name + "/versions", body(schema)})
	if err != nil {
		return 0, err
	}
	var entry struct {
		ID int `json:"id"`
	}
	err = json.Unmarshal(answer, &entry)
	return entry.ID, err
}

// kind is one kind of request.
type kind struct {
	name      string
	yardstick string
	do        func(ctx context.Context, n int) error
	// like is the same request to the server of constants.
	like request
	// bar is that of Figure.
	bar float64
}

func (b *bench) kinds() []kind {
	get := func(name string, bar float64, path func() string) kind {
		return kind{name, constants, func(ctx context.Context, _ int) error {
			_, err := b.reg.ask(ctx, request{http.MethodGet, path(), nil})
			return err
		}, request{http.MethodGet, path(), nil}, bar}
	}
	post := func(name string, bar float64, path func(n int) string, schema func(n int) string) kind {
		return kind{name, constants, func(ctx context.Context, _ int) error {
			n := rand.N(b.Subjects)
			_, err := b.reg.ask(ctx, request{http.MethodPost, path(n), body(schema(n))})
			return err
		}, request{http.MethodPost, path(0), body(schema(0))}, bar}
	}
	first := func(n int) string { return text(n, 1, b.Fields) }
	of := func(n int) string { return "/subjects/" + subject(b.Prefix, n) }
	return []kind{
		get("by id", 0.7, func() string { return "/schemas/ids/" + strconv.Itoa(b.ids[rand.N(b.Subjects)]) }),
		get("latest", 0.7, func() string { return of(rand.N(b.Subjects)) + "/versions/latest" }),
		get("page of 100", 0.25, func() string {
			return fmt.Sprintf("/subjects?offset=%d&limit=100", rand.N(max(1, b.Subjects-100)))
		}),
		post("content lookup", 0.25, of, first),
		post("same again", 0.25, func(n int) string { return of(n) + "/versions" }, first),
		post("check", 0.15, func(n int) string { return "/compatibility/subjects/" + subject(b.Prefix, n) + "/versions/latest" },
			func(n int) string { return text(n, int(b.versions[n].Load())+1, b.Fields) }),
		{"new subject", commits, func(ctx context.Context, _ int) error {
			n := int(b.made.Add(1)) - 1
			_, err := b.register(ctx, subject(b.Prefix, n), text(n, 1, b.Fields))
			return err
		}, request{}, 0.4},
		{"next version", commits, func(ctx context.Context, n int) error {
			n %= b.Subjects
			b.turnOf[n].Lock()
			defer b.turnOf[n].Unlock()
			_, err := b.register(ctx, subject(b.Prefix, n), text(n, int(b.versions[n].Load())+1, b.Fields))
			if err == nil {
				b.versions[n].Add(1)
			}
			return err
		}, request{}, 0.3},
	}
}

// measure lets the registry and its yardstick take turns.
func (b *bench) measure(ctx context.Context, k kind) (Figure, error) {
	var ours, theirs []sample
	yardstick := b.yardstick(k)
	for range b.Rounds {
		if yardstick != nil {
			s, err := load(ctx, b.Clients, b.Turn, yardstick)
			if err != nil {
				return Figure{}, fmt.Errorf("yardstick: %w", err)
			}
			theirs = append(theirs, s)
		}
		s, err := load(ctx, b.Clients, b.Turn, k.do)
		if err != nil {
			return Figure{}, err
		}
		ours = append(ours, s)
	}
	f := Figure{Name: k.name, Bar: k.bar}
	f.Rate, f.P50, f.P99 = figures(ours)
	if rate, _, p99 := figures(theirs); rate > 0 && p99 > 0 {
		f.Yardstick, f.Ratio, f.P99Ratio = k.yardstick, f.Rate/rate, float64(f.P99)/float64(p99)
	}
	return f, nil
}

func (b *bench) yardstick(k kind) func(context.Context, int) error {
	switch {
	case k.yardstick == commits:
		return b.Commit
	case b.fixed == nil:
		return nil
	}
	return func(ctx context.Context, _ int) error {
		_, err := b.fixed.ask(ctx, k.like)
		return err
	}
}

// remove deletes all subjects of the run.
func (b *bench) remove(ctx context.Context) error {
	answer, err := b.reg.ask(ctx, request{http.MethodGet, "/subjects?deleted=true&subjectPrefix=" + b.Prefix, nil})
	if err != nil {
		return fmt.Errorf("remove what was registered: %w", err)
	}
	var names []string
	if err := json.Unmarshal(answer, &names); err != nil {
		return fmt.Errorf("remove what was registered: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return len(name) < len(b.Prefix) || name[:len(b.Prefix)] != b.Prefix })
	var next atomic.Int64
	errs := make([]error, b.Clients)
	var wg sync.WaitGroup
	for i := range b.Clients {
		wg.Go(func() {
			for errs[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(names) {
					return
				}
				for _, path := range []string{"/subjects/" + names[n], "/subjects/" + names[n] + "?permanent=true"} {
					if _, err := b.reg.ask(ctx, request{http.MethodDelete, path, nil}); err != nil {
						errs[i] = fmt.Errorf("remove what was registered: %w", err)
					}
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
