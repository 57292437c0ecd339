package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// table is the result in Markdown, readable as it is. What mark says of a codec
// is put behind its line.
func (r *result) table(mark func(codec string) string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "### %s\n\n", r.group)
	line := "| %-24s | %9s | %9s | %7s | %9s | %6s | %6s | %7s |"
	fmt.Fprintf(&out, line+"\n", "codec", "CPU ns", "min", "MB/s", "B/op", "allocs", "× hand", "× hamba")
	out.WriteString("| --- | --: | --: | --: | --: | --: | --: | --: |\n")
	for _, f := range r.rows {
		x := r.ratios(f.codec)
		text := fmt.Sprintf(line, f.codec, number(f.median), number(f.min), number(f.perSecond), number(f.bytes), number(f.allocs), ratio(x.hand), ratio(x.hamba))
		if note := mark(f.codec); note != "" {
			text += " " + note
		}
		out.WriteString(text + "\n")
	}
	return out.String()
}

// number writes small numbers with one digit after the point and large ones with
// commas.
func number(v float64) string {
	if v == float64(int(v)) && v < 1000 || v >= 100 && v < 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	if v < 100 {
		return fmt.Sprintf("%.1f", v)
	}
	text := fmt.Sprintf("%.0f", v)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func ratio(v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", v)
}

// The part of the README that this command writes stands between these lines.
const (
	begin = "<!-- begin: go run ./codec/cmd/codecbench -write -->\n"
	end   = "<!-- end -->\n"
)

// committed reads the ratios of the README.
func committed(path string) (baseline, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	all, err := readBaseline(f)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return all, err
}

// write puts a report in its place in the README.
func write(path, report string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(old), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no place for the report: want the lines %q and %q", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(path, []byte(before+begin+"\n"+report+"\n"+end+after), 0o644)
}

// closing tells which ratios are worse than the committed ones.
func closing(out io.Writer, worse []string) {
	if len(worse) == 0 {
		fmt.Fprintln(out, "No ratio of ours is worse than the committed one by more than 15 %.")
		return
	}
	fmt.Fprintf(out, "%d of our codecs are worse against hand or hamba than the committed ratios by more than 15 %%:\n", len(worse))
	for _, line := range worse {
		fmt.Fprintf(out, "- %s\n", line)
	}
}
