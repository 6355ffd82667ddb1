package chart

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"

	"switchover/report"
)

// LatencySVG is Latency for the HTML report: an svg element to stand in the page.
// It has no style attributes, so that the page's content security policy need not
// allow any, takes its colours from the page's variables where there are some
// (--ink, --muted, --rule, --faint, --ground), and names stand in any script.
func LatencySVG(d *report.Doc) (string, error) {
	l := layLatency(d, true)
	b, err := svg(l.height, true, l.draw)
	if err != nil {
		return "", err
	}
	return inline(b, l.height, "Latency of every target: the figures are in the table below"), nil
}

var (
	styleAttr = regexp.MustCompile(`\s*style="([^"]*)"`)
	// variables are the colours that follow the page's theme.
	variables = strings.NewReplacer(
		`"#1B1F24"`, `"var(--ink,#1b1f24)"`,
		`"#59636E"`, `"var(--muted,#59636e)"`,
		`"#D0D7DE"`, `"var(--rule,#d0d7de)"`,
		`"#F3F5F7"`, `"var(--faint,#f3f5f7)"`,
		`"#FFFFFF"`, `"var(--ground,#ffffff)"`,
		`"#0F4C81"`, `"var(--accent,#0f4c81)"`,
		`"#A3320B"`, `"var(--alarm,#a3320b)"`,
		`"#7A4F01"`, `"var(--amber,#7a4f01)"`,
	)
)

// inline turns a document of the drawing library into an element: no prologue, no
// fixed size, presentation attributes instead of styles. Text in it is escaped by
// the library and holds no quotation marks, so what looks like an attribute is one.
func inline(doc []byte, height float64, label string) string {
	_, body, _ := bytes.Cut(doc, []byte("<svg"))
	_, body, _ = bytes.Cut(body, []byte(">"))
	text := styleAttr.ReplaceAllStringFunc(string(body), func(attr string) string {
		var out strings.Builder
		for decl := range strings.SplitSeq(styleAttr.FindStringSubmatch(attr)[1], ";") {
			name, value, ok := strings.Cut(decl, ":")
			switch {
			case !ok, name == "font-variant", value == "normal":
				continue
			case name == "font-family":
				value = "Liberation Sans, Arial, Helvetica, sans-serif"
			}
			fmt.Fprintf(&out, " %s=%q", name, value)
		}
		return out.String()
	})
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.5g" role="img" aria-label="%s">`,
		slideWidth, height, html.EscapeString(label)) + variables.Replace(text)
}
