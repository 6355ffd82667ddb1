// Package html renders a report as one HTML file that needs nothing else: it
// works offline from a file, loads nothing, runs no script, and says so in a
// content security policy that allows its own style sheet and nothing more. Names
// and texts from models are data in it, never markup.
package html

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"switchover/report"
	"switchover/report/chart"
)

//go:embed report.html.tmpl
var source string

//go:embed style.css
var sheet string

var page = template.Must(template.New("report").Funcs(template.FuncMap{"sub": sub}).Parse(source))

// Render writes the report. The same Doc gives the same bytes. It fails when w
// does, or when the chart cannot be drawn.
func Render(w io.Writer, d *report.Doc) error {
	svg, err := chart.LatencySVG(d)
	if err != nil {
		return fmt.Errorf("draw the latency chart: %w", err)
	}
	load, err := chart.LoadSVG(d)
	if err != nil {
		return fmt.Errorf("draw the load chart: %w", err)
	}
	css := sheet + palette()
	sum := sha256.Sum256([]byte(css))
	return page.Execute(w, map[string]any{
		"Doc": d,
		// Neither holds anything from outside but what chart has escaped.
		"CSS":     template.CSS(css),
		"Latency": template.HTML(svg),
		"Curves":  template.HTML(load),
		"Policy":  "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'",
	})
}

// palette is the colours of the weighted figures as rules.
func palette() string {
	var b, dark strings.Builder
	for i, c := range report.Palette {
		fmt.Fprintf(&b, ".u%d{background:%s}\n", i, c)
		fmt.Fprintf(&dark, ".u%d{background:%s}\n", i, report.PaletteDark[i])
	}
	return b.String() + "@media screen and (prefers-color-scheme:dark){\n" + dark.String() + "}\n"
}

// sub is the small lines under a figure: what it rests on.
func sub(v report.Value) []string {
	var out []string
	if v.Interval != "" {
		out = append(out, v.Interval)
	}
	if v.N > 0 {
		out = append(out, fmt.Sprintf("n\u00a0%d", v.N))
	}
	return out
}
