package main

import (
	"strings"
	"testing"
	"time"
)

func sample(ours float64) *result {
	return newResult("small/encode", "hand-append", "hamba-writer", []figures{
		{codec: "hamba-writer", median: 90},
		{codec: "ours", median: ours},
		{codec: "hand-append", median: 20},
		{codec: "vtproto-append", median: 27},
	})
}

// TestBaseline reads back what a report says and marks what has become worse.
func TestBaseline(t *testing.T) {
	t.Parallel()
	was, err := readBaseline(strings.NewReader("# a title\n\n" + sample(22).table(func(string) string { return "" })))
	if err != nil {
		t.Fatal(err)
	}
	if got := was["small/encode/ours"]; got.hand != 1.10 || got.hamba != 0.24 {
		t.Fatalf("the ratios of ours are %+v, want 1.10 and 0.24", got)
	}
	for _, c := range []struct {
		name  string
		ours  float64
		codec string
		want  string
	}{
		{"the same", 22, "ours", ""},
		{"within the noise", 24, "ours", ""},
		{"worse", 33, "ours", "WORSE 1.53x"},
		{"better", 10, "ours", ""},
		{"of others", 33, "vtproto-append", ""},
		{"not committed", 33, "ours-fresh", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := was.worse(sample(c.ours), c.codec); got != c.want {
				t.Errorf("the mark is %q, want %q", got, c.want)
			}
		})
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	missed := func(ours float64) (all []string) {
		for _, v := range judge(sample(ours)) {
			if !v.met {
				all = append(all, v.codec+" "+v.bar)
			}
		}
		return all
	}
	if got := missed(19); len(got) != 1 || !strings.HasPrefix(got[0], "hand-append at least 4.60") {
		t.Errorf("with 19 ns these are missed: %q, want the yardstick only", got)
	}
	if got := missed(28); len(got) != 4 {
		t.Errorf("with 28 ns these are missed: %q, want four", got)
	}
}

// TestGeneratedLines keeps generated code small.
func TestGeneratedLines(t *testing.T) {
	t.Parallel()
	sizes, err := generatedSizes("../../shapes")
	if err != nil {
		t.Fatal(err)
	}
	if len(sizes) != 7 {
		t.Fatalf("%d schemas have generated code, want 7", len(sizes))
	}
	for _, s := range sizes {
		if s.encode == 0 || s.decode == 0 || s.resolve == 0 {
			t.Errorf("%s: the functions were not found: %+v", s.file, s)
		}
		if s.perField() > mostLines {
			t.Errorf("%s: %.1f lines for each primitive field, want at most %d", s.file, s.perField(), mostLines)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]options{
		"write a part":   {settings: settings{1, time.Millisecond}, only: "small", write: true},
		"no rounds":      {settings: settings{0, time.Millisecond}},
		"no expression":  {settings: settings{1, time.Millisecond}, only: "("},
		"no such README": {settings: settings{1, time.Millisecond}, readme: "missing.md"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if err := o.run(t.Context(), &out); err == nil {
				t.Errorf("it runs and prints %q", out.String())
			}
		})
	}
}
