package html

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"regexp"
	"strings"
	"testing"

	"switchover/report"
	"switchover/report/reporttest"
	"switchover/results"
)

func fixtures() map[string]*report.Doc {
	return map[string]*report.Doc{
		"demo":    demo(),
		"invalid": report.New(reporttest.Invalid()),
		"unknown": report.New(reporttest.UnknownCost()),
		"hostile": hostile(),
		"one":     report.New(reporttest.One()),
		"many":    report.New(reporttest.Many(12)),
	}
}

func demo() *report.Doc { return withDialogue(reporttest.Demo()) }

func hostile() *report.Doc { return withDialogue(reporttest.Hostile()) }

// withDialogue adds one dialogue whose texts are hostile.
func withDialogue(run *results.Run, s *results.Summary) *report.Doc {
	d := report.New(run, s)
	bad := "</p></details><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\x1b[31m \u4f60\u597d\n\nsecond paragraph"
	var records []results.Record
	var verdicts []results.Verdict
	for i, t := range run.Candidates() {
		r := results.Record{ID: results.RecordID("steady", t.Name, 0, 0, 1), Target: t.Name, Item: "q1", Text: bad}
		records = append(records, r)
		verdicts = append(verdicts, results.Verdict{Target: t.Name, Item: "q1", Records: []string{r.ID},
			Scores: map[string]int{"coherence": i, "understanding": 4, "usefulness": 3}, Reasons: map[string]string{"coherence": bad}})
	}
	err := d.AddDialogues(&results.Data{Run: run, Records: records, Verdicts: verdicts,
		Conversations: []results.Conversation{{Item: "q1", Language: "zh\" onload=\"x", Turns: []string{bad}}}})
	if err != nil {
		panic(err)
	}
	return d
}

func render(t *testing.T, d *report.Doc) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	attribute = regexp.MustCompile(`\s(href|src|srcset|action|style|on[a-z]+|xlink:href)="([^"]*)"`)
	ids       = regexp.MustCompile(`\sid="([^"]*)"`)
	tags      = regexp.MustCompile(`<(script|img|iframe|object|embed|base|form|link|video|audio|use|image|foreignObject)\b[^>]*>`)
)

// The page loads nothing and runs nothing, whatever the names and answers are.
func TestNothingIsLoadedOrRun(t *testing.T) {
	for name, d := range fixtures() {
		page := render(t, d)
		for _, m := range attribute.FindAllStringSubmatch(page, -1) {
			if m[1] != "href" || !strings.HasPrefix(m[2], "#") && m[2] != "data:," {
				t.Errorf("%s: %s", name, m[0])
			}
		}
		if got := tags.FindAllString(page, -1); len(got) != 1 || got[0] != `<link rel="icon" href="data:,">` {
			t.Errorf("%s: elements %q", name, got)
		}
		if strings.ContainsAny(page, "\x1b\x07\u202e") {
			t.Errorf("%s: control characters in the page", name)
		}
	}
}

var policy = regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`)

// The policy allows exactly the style sheet that is in the page.
func TestPolicyFitsTheStyleSheet(t *testing.T) {
	page := render(t, demo())
	_, css, _ := strings.Cut(page, "<style>")
	css, _, _ = strings.Cut(css, "</style>")
	sum := sha256.Sum256([]byte(css))
	want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"
	m := policy.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no policy")
	}
	if got := html.UnescapeString(m[1]); !strings.Contains(got, want) || !strings.HasPrefix(got, "default-src 'none';") || strings.Contains(got, "unsafe") {
		t.Errorf("policy %q\nwant in it %q", got, want)
	}
}

// Every link of the page leads to a place in it, and no place has two names.
func TestLinksLeadSomewhere(t *testing.T) {
	for name, d := range fixtures() {
		page := render(t, d)
		places := map[string]bool{}
		for _, m := range ids.FindAllStringSubmatch(page, -1) {
			if places[m[1]] {
				t.Errorf("%s: two elements with id %q", name, m[1])
			}
			places[m[1]] = true
		}
		for _, m := range attribute.FindAllStringSubmatch(page, -1) {
			if id, ok := strings.CutPrefix(m[2], "#"); ok && !places[id] {
				t.Errorf("%s: link to %q leads nowhere", name, m[2])
			}
		}
	}
}

func TestPageSaysWhatItMust(t *testing.T) {
	for _, tt := range []struct {
		name  string
		wants []string
	}{
		{"demo", []string{"Move to medium-13b", "simulated servers", "n\u00a096", "need 368", "What would change this", "5d1e0c3f9a27b4c8"}},
		{"invalid", []string{"This run is invalid", "41 ms", "The run was interrupted"}},
		{"unknown", []string{"No verdict", "What to do", `href="#note-1"`}},
		{"one", []string{"No verdict", "claude"}},
	} {
		page := render(t, fixtures()[tt.name])
		for _, want := range tt.wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %q is missing", tt.name, want)
			}
		}
	}
	if page := render(t, fixtures()["unknown"]); strings.Contains(page, "imulated</") {
		t.Error("a run of real endpoints says simulated")
	}
}

func TestSameRunSameBytes(t *testing.T) {
	first, second := render(t, demo()), render(t, demo())
	if first != second {
		t.Error("two renderings of one run differ")
	}
}
