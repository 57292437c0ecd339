package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/schemactl/schemactl/internal/registrybench"
)

// printBench prints what was measured with each number of subjects, and then the rates
// with the last number beside those with the first.
func printBench(w io.Writer, reports []benchReport) error {
	for _, r := range reports {
		if _, err := fmt.Fprintf(w, "With %d subjects:\n\n", r.Subjects); err != nil {
			return err
		}
		if err := PrintTable(w, []string{"Request", "A second", "p50", "p99", "Rate", "Bar", "p99 to its"}, figureRows(r.Figures)); err != nil {
			return err
		}
		if rows := serverRows(r); len(rows) > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
			if err := PrintTable(w, []string{"Server", ""}, rows); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	if len(reports) == 1 {
		return nil
	}
	first, last := reports[0], reports[len(reports)-1]
	head := []string{"A second with subjects", fmt.Sprint(first.Subjects), fmt.Sprint(last.Subjects), "Ratio", "Of those to the yardsticks"}
	return PrintTable(w, head, comparedRows(first.Figures, last.Figures))
}

// comparedRows has two ratios: the machine may have been slower the second time, and its
// yardsticks with it.
func comparedRows(first, last []registrybench.Figure) [][]any {
	var rows [][]any
	for i, f := range first {
		l, beside := last[i], ""
		if f.Ratio > 0 {
			beside = fmt.Sprintf("%.2f", l.Ratio/f.Ratio)
		}
		rows = append(rows, []any{f.Name, fmt.Sprintf("%.0f", f.Rate), fmt.Sprintf("%.0f", l.Rate), fmt.Sprintf("%.2f", l.Rate/f.Rate), beside})
	}
	return rows
}

func figureRows(figures []registrybench.Figure) [][]any {
	var rows [][]any
	for _, f := range figures {
		ratio, bar, p99 := "", "", ""
		if f.Yardstick != "" {
			ratio, p99 = fmt.Sprintf("%.2f × %s", f.Ratio, f.Yardstick), fmt.Sprintf("%.1f ×", f.P99Ratio)
			if f.Bar > 0 {
				bar = fmt.Sprintf("%.2f", f.Bar)
			}
		}
		rows = append(rows, []any{
			f.Name, fmt.Sprintf("%.0f", f.Rate), f.P50.Round(10 * time.Microsecond), f.P99.Round(10 * time.Microsecond), ratio, bar, p99,
		})
	}
	return rows
}

// serverRows are what is known of the server's process.
func serverRows(r benchReport) [][]any {
	var rows [][]any
	memory := func(what string, bytes int64) {
		if bytes > 0 {
			rows = append(rows, []any{what, fmt.Sprintf("%.0f MB", float64(bytes)/1e6)})
		}
	}
	memory("memory before", r.ResidentBefore)
	memory("memory with the subjects", r.ResidentFilled)
	if r.ReadyFilled > 0 {
		filled := fmt.Sprintf(" with %d versions", r.Versions)
		memory("memory, started"+filled, r.ResidentAgain)
		rows = append(rows, []any{"ready, empty", r.ReadyEmpty.Round(time.Millisecond)}, []any{"ready" + filled, r.ReadyFilled.Round(time.Millisecond)})
	}
	if r.Replayed > 0 {
		rows = append(rows, []any{"versions read a second", fmt.Sprintf("%.0f", r.Replayed)})
	}
	return rows
}
