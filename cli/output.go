package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Formats of --output.
const (
	FormatTable = "table"
	FormatJSON  = "json"
)

// OutputFlag adds --output table|json to a command that reads.
func OutputFlag(cmd *cobra.Command, target *string) {
	EnumFlag(cmd, target, "output", FormatTable, "how to print the result", FormatTable, FormatJSON)
}

// EnumFlag adds a flag that takes one of the allowed words, and completes them.
func EnumFlag(cmd *cobra.Command, target *string, name, value, usage string, allowed ...string) {
	*target = value
	cmd.Flags().Var(&enumValue{target: target, allowed: allowed}, name, usage+": "+strings.Join(allowed, " or "))
	// The error is only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
}

type enumValue struct {
	target  *string
	allowed []string
}

func (e *enumValue) String() string { return *e.target }
func (e *enumValue) Type() string   { return "word" }

func (e *enumValue) Set(value string) error {
	if !slices.Contains(e.allowed, value) {
		return fmt.Errorf("want %s", strings.Join(e.allowed, " or "))
	}
	*e.target = value
	return nil
}

// PrintJSON writes a value as indented JSON.
func PrintJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// PrintTable writes rows under a header.
func PrintTable(w io.Writer, header []string, rows [][]any) error {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	head := make(table.Row, len(header))
	for i, h := range header {
		head[i] = h
	}
	t.AppendHeader(head)
	for _, r := range rows {
		t.AppendRow(r)
	}
	var out strings.Builder
	for line := range strings.Lines(t.Render()) {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// IsTerminal reports whether w is a terminal that a person may be looking at.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
