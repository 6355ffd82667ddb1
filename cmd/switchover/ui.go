package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"switchover/report/terminal"
)

// plainWidth is the width of tables that go to a file or a pipe.
const plainWidth = 120

// terminal is how text for w is laid out: colour only on a terminal that the
// user did not ask to be plain.
func (a *app) terminal(w io.Writer) terminal.Options {
	width, ok := terminalWidth(w)
	if !ok {
		return terminal.Options{Width: plainWidth}
	}
	noColor, _ := a.env("NO_COLOR")
	kind, _ := a.env("TERM")
	return terminal.Options{Width: width, Color: noColor == "" && kind != "dumb"}
}

// terminalWidth is the width of the terminal behind w, if there is one.
func terminalWidth(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return plainWidth, true
	}
	return width, true
}

// wrapped breaks a line between words, at width bytes where it can; width 0 or
// less leaves it whole.
func wrapped(text string, width int) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case width > 0 && used+1+len(word) > width:
			b.WriteByte('\n')
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += len(word)
	}
	return b.String()
}

// plural is a number of things in words.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
