// Package terminal lays a report out for a terminal: the comparison matrix with
// its verdict, the gate's table, and plain tables for the other commands. It
// fits the width it is given by leaving out the least important, never by letting
// a line break, and it measures text by the cells it fills, so that wide scripts
// stay aligned. It refuses to write control sequences other than its own colours.
package terminal

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"switchover/report"
)

// Options say what the terminal can do. The zero value is 100 columns without
// colour.
type Options struct {
	Color bool
	Width int // columns; 0 is 100, less than 60 is taken as 60
}

func (o Options) width() int {
	switch {
	case o.Width == 0:
		return 100
	case o.Width < 60:
		return 60
	}
	return o.Width
}

// style is an SGR sequence's parameters.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// paint colours s where the terminal has colours.
func (o Options) paint(s string, st style) string {
	if !o.Color || s == "" || st == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

// Table writes rows under headings, numbers flush right, shortened to the width.
// It fails only when w does.
func Table(w io.Writer, head []string, rows [][]string, o Options) error {
	g := grid{head: clean(head), gap: 2}
	for _, r := range rows {
		g.rows = append(g.rows, clean(r))
	}
	for i := range head {
		g.right = append(g.right, numeric(g.rows, i))
	}
	g.shrink(o.width())
	for i, h := range g.head {
		g.head[i] = o.paint(h, bold)
	}
	return g.render(w)
}

func clean(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = report.Clean(c)
	}
	return out
}

// numeric reports whether column i holds numbers: every cell that says anything
// starts with one that no letter follows, as one does in an id that begins with a
// date.
func numeric(rows [][]string, i int) bool {
	some := false
	for _, r := range rows {
		if i >= len(r) || r[i] == "" || r[i] == "unknown" {
			continue
		}
		first := strings.TrimLeft(r[i], "+-<>\u2265\u2264$ ")
		rest := strings.TrimLeft(first, "0123456789.,")
		if first == "" || !unicode.IsDigit(rune(first[0])) || rest != "" && unicode.IsLetter(rune(rest[0])) {
			return false
		}
		some = true
	}
	return some
}

// grid is a table about to be written. Cells may hold this package's colours.
type grid struct {
	head  []string
	rows  [][]string
	right []bool // flush right, by column
	gap   int    // spaces between columns
}

// widths are the cells that each column fills.
func (g *grid) widths() []int {
	out := make([]int, len(g.head))
	for _, r := range slices.Concat([][]string{g.head}, g.rows) {
		for i, c := range r {
			if i < len(out) {
				for l := range strings.SplitSeq(c, "\n") {
					out[i] = max(out[i], cellWidth(l))
				}
			}
		}
	}
	return out
}

// total is the width of the whole table.
func (g *grid) total() int {
	sum := g.gap * (len(g.head) - 1)
	for _, w := range g.widths() {
		sum += w
	}
	return sum
}

// drop leaves out the columns with these headings, one after the other, until the
// table fits.
func (g *grid) drop(width int, heads ...string) {
	for _, h := range heads {
		i := slices.Index(g.head, h)
		if i < 0 || g.total() <= width {
			continue
		}
		g.head = slices.Delete(g.head, i, i+1)
		g.right = slices.Delete(g.right, i, i+1)
		for j, r := range g.rows {
			g.rows[j] = slices.Delete(r, i, i+1)
		}
	}
}

// shrink takes cells off the widest columns until the table fits, down to eight
// cells each; what rows are called, in the first, stays distinct. It must come before
// colours.
func (g *grid) shrink(width int) {
	const least = 8
	ws := g.widths()
	over := g.total() - width
	for ; over > 0; over-- {
		widest := 0
		for i, w := range ws {
			if w > ws[widest] {
				widest = i
			}
		}
		if ws[widest] <= least {
			break
		}
		ws[widest]--
	}
	g.shortenFirst(ws[0])
	for _, r := range slices.Concat([][]string{g.head}, g.rows) {
		for i := range r {
			if i < len(ws) {
				r[i] = elide(r[i], ws[i])
			}
		}
	}
}

// shortenFirst shortens the first cell of each row to width; cells that differ still do.
func (g *grid) shortenFirst(width int) {
	var names []string
	for _, r := range g.rows {
		if len(r) > 0 && !slices.Contains(names, r[0]) {
			names = append(names, r[0])
		}
	}
	short := report.Shorten(names, func(s string) bool { return cellWidth(s) <= width })
	for _, r := range g.rows {
		if len(r) > 0 {
			r[0] = short[slices.Index(names, r[0])]
		}
	}
}

// render writes the grid: no frame, one rule under the heading.
func (g *grid) render(w io.Writer) error {
	// The width of ambiguous characters would otherwise be taken from the
	// process's locale: what a table looks like is not the environment's to decide.
	twwidth.SetOptions(twwidth.Options{})
	align := make([]tw.Align, len(g.head))
	padding := make([]tw.Padding, len(g.head))
	for i := range g.head {
		align[i] = tw.AlignLeft
		if i < len(g.right) && g.right[i] {
			align[i] = tw.AlignRight
		}
		padding[i] = tw.Padding{Left: "", Right: strings.Repeat(" ", g.gap), Overwrite: true}
		if i == len(g.head)-1 {
			padding[i] = tw.Padding{Overwrite: true}
		}
	}
	var buf strings.Builder
	cell := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align},
		Padding:    tw.CellPadding{PerColumn: padding},
	}
	t := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbolCustom("rule").WithRow("\u2500").WithCenter("\u2500"),
			Settings: tw.Settings{
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.On},
				Lines:      tw.Lines{ShowHeaderLine: tw.On, ShowTop: tw.Off, ShowBottom: tw.Off},
			},
		})),
		tablewriter.WithConfig(tablewriter.Config{Header: cell, Row: cell, Behavior: tw.Behavior{TrimSpace: tw.Off, TrimLine: tw.Off}}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
	)
	t.Header(slices.Clone(g.head))
	for _, r := range g.rows {
		row := make([]string, len(g.head))
		copy(row, r)
		if err := t.Append(row); err != nil {
			return err
		}
	}
	if err := t.Render(); err != nil {
		return err
	}
	return writeTrimmed(w, buf.String())
}

// writeTrimmed writes lines without the spaces at their ends, which would break
// in a terminal that is exactly as wide as the table. The table library ends lines
// that hold colours with a reset of its own, after the spaces.
func writeTrimmed(w io.Writer, s string) error {
	const reset = "\x1b[0m"
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i, l := range lines {
		short := strings.TrimRight(l, " ")
		for strings.HasSuffix(short, reset) && strings.HasSuffix(strings.TrimSuffix(short, reset), " ") {
			short = strings.TrimRight(strings.TrimSuffix(short, reset), " ")
		}
		lines[i] = short
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}
