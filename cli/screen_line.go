package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// screenLine is a line of a terminal that is written over.
type screenLine struct {
	w        io.Writer
	terminal bool
	width    int // of what stands there
}

func newScreenLine(w io.Writer) screenLine { return screenLine{w: w, terminal: IsTerminal(w)} }

// overwrite replaces the line. What is wider than the terminal is cut off: a
// line that goes on in the next one cannot be written over.
func (l *screenLine) overwrite(line string) {
	runes := []rune(line)
	if f, ok := l.w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			runes = runes[:min(len(runes), columns-1)]
		}
	}
	fmt.Fprint(l.w, "\r", string(runes), strings.Repeat(" ", max(0, l.width-len(runes))))
	l.width = len(runes)
}

// end removes the line, if there is one, for others to write.
func (l *screenLine) end() {
	if l.width > 0 {
		l.overwrite("")
		fmt.Fprint(l.w, "\r")
	}
}
