// Package report prepares what a run's readers see: one Doc, built once from
// run.json and summary.json, holds every sentence, every formatted figure and
// every footnote. The renderers in its sub-packages (terminal, chart, html) only
// lay it out, so that a number reads the same on every page.
//
// A Doc depends on the run's folder alone: no clock, no locale and no terminal
// width goes into it. It refuses to show an unknown figure as a number, to hide
// how many samples a figure rests on, and to pass on control characters or
// escape sequences from names and answers.
package report

import (
	"slices"

	"switchover/results"
)

// Doc is everything a renderer shows.
type Doc struct {
	Title       string // the scenario's name
	Description string
	Run         string // the run's id
	// Simulated is true when any target was simulated; every page and picture
	// made from the run must then say so.
	Simulated bool
	Banners   []Banner // what a reader must know first, gravest first
	Verdict   Verdict

	Columns   []Column // of the matrix: weighted figures first, then what else matters
	Checks    []Check  // the requirements, in order
	Rows      []Row    // of the matrix, in rank order
	Weights   []Weight // what the ranking weighs, heaviest first
	Changes   []Change // what would change the winner, nearest first
	Draws     string   // how the share of draws was made; empty without draws
	Notes     []string // what must stand beside the matrix
	Footnotes []Footnote
	Supply    []Pair // what is unknown, and how to supply it

	Curves      []Curve // sweeps and capacity searches
	Tables      []Table // the figures by subject, one row for each target and stage
	Errors      Table   // error classes by target
	Judging     Table   // dialogues judged and the difference from the incumbent
	Dialogues   []Dialogue
	How         []Table // how it was run: targets, stages
	Facts       []Pair  // how it was run: one line each
	Client      []Pair  // whether the client was fit to measure
	Definitions []Definition
}

// Banner is one warning above everything else.
type Banner struct {
	Kind  string // one of the Banner kinds
	Label string // the kind in a word or two: "Simulated"
	Title string // what it means, without a full stop
	Lines []string
}

// The kinds of banner.
const (
	BannerInvalid   = "invalid"   // the figures must not be used
	BannerCut       = "cut"       // the run did not finish
	BannerSimulated = "simulated" // the figures are a simulator's
	BannerWarning   = "warning"
)

// Verdict is the decision in words.
type Verdict struct {
	Kind     string   // results.Migrate, Keep, NoneQualifies or NoVerdict
	Headline string   // the decision: "Move to small-13b", "No verdict"
	Text     string   // what it rests on
	Why      []string // the reasons, one sentence each
	Settle   []string // what would settle an open verdict
}

// Column is one figure of the matrix.
type Column struct {
	Key    string // of the figure, and of its definition
	Label  string
	Unit   string // the figure's base unit
	Weight string // its share of the ranking, "43 %"; empty when it is only shown
}

// Check is one requirement.
type Check struct {
	Name  string // figure key, dotted fact or non_inferior
	Label string // "Error rate", "No worse than incumbent"
	Want  string // "< 1%", "= yes"; empty for non_inferior
	Text  string // the whole requirement in words
}

// Row is one target of the matrix.
type Row struct {
	Target    string
	Model     string
	Order     int // its place in the scenario, from 1
	Incumbent bool
	// Role is "incumbent", "simulated" (where other targets are not), both or empty.
	Role     string
	Standing string // results.Ranked, Unranked or Out
	Rank     int    // from 1; 0 when not ranked
	Place    string // "1", "out", "not ranked", or a dash for the incumbent
	Utility  string // "0.812"; empty when not ranked
	First    string // "97 %", the share of draws in which it ranks first; empty without draws
	Reason   string // why it is out or not ranked
	Cells    []Value
	Checks   []Result // aligned with Doc.Checks
	Met      Met      // the checks in one line
}

// Met is a row's requirements in one line.
type Met struct {
	Result string // the worst of the checks: results.Fail, Unproven, Pass; empty without any
	Text   string // "3 of 3 met", "1 of 3 failed", "none", "quarantined"
	Which  string // the first check that is not met, or the class of failure of a quarantined target
}

// Result is one requirement held against one target. An empty Result field
// means that the requirement does not apply to the target.
type Result struct {
	Result string // results.Pass, Fail, Unproven, or empty
	Detail string // the numbers in words
}

// Value is one cell: a figure with what it rests on, or plain text.
type Value struct {
	Text     string // "312 ms"; "unknown" when there is none
	Interval string // "305-320 ms", the 95 % interval; "?" stands for a bound that so few samples cannot give
	Need     string // what a missing bound needs: "need 368"
	Under    string // what stands beneath a text in small letters
	N        int    // samples; 0 when it is text
	Known    bool
	Numeric  bool   // to be set flush right
	Reason   string // why it is unknown
	Note     int    // number of the footnote that explains it; 0 for none
	// Step is the utility between the anchors in tenths, 0 to 10; -1 when the
	// figure is not weighted or unknown.
	Step int
	// Value, Low and High are the figure in its base unit, for charts. Nil is unknown.
	Value, Low, High *float64
}

// Weight is one weighted figure as it was used.
type Weight struct {
	Name    string // as in the scenario
	Key     string // of the figure
	Label   string
	Share   string // "43 %"
	Good    string // the anchor worth 1
	Bad     string // the anchor worth 0
	Default bool   // true when the anchors are the built-in ones
}

// Change is one way the winner would be another.
type Change struct {
	What, From, To, Winner string
}

// Pair is a name and what is said of it.
type Pair struct {
	Name, Value string
}

// Footnote explains the unknown cells of the matrix that share a reason.
type Footnote struct {
	Number int
	What   string // "Quality of a, b"
	Why    string
}

// Head is one column heading of a Table.
type Head struct {
	Label   string
	Key     string // of the figure's definition; empty for none
	Numeric bool
}

// Table is rows under headings. A Table without rows is not shown, its notes are.
type Table struct {
	ID    string // fit for an HTML id
	Title string
	Intro string
	Lead  []string // what the rows come to, above them
	Head  []Head
	Rows  [][]Value // the first cell of a row names it
	Notes []string
}

// Definition says what a figure means.
type Definition struct {
	Key, Label, Unit, Better, Text string
}

// New prepares the Doc of a run. Both arguments are only read.
func New(run *results.Run, s *results.Summary) *Doc {
	d := &Doc{
		Title:       Clean(run.Name),
		Description: Clean(run.Description),
		Run:         Clean(run.ID),
		Simulated:   run.Simulated() || s.Simulated,
	}
	if d.Title == "" {
		d.Title = "unnamed run"
	}
	d.Banners = banners(run, s)
	d.matrix(run, s)
	d.Notes = slices.Concat(lossNotes(s), steadyNotes(proseOf(run), s), d.Notes)
	d.Curves = curves(run, s)
	d.Tables = figureTables(run, s)
	d.Errors = errorTable(s)
	d.Judging = judgingTable(s)
	d.How = append(howTables(run, s), lossTable(run, s), serverTable(s))
	d.Facts = facts(run)
	d.Client = clientFacts(s)
	d.Definitions = definitions()
	return d
}

// banners are the warnings above everything else, gravest first. The run's
// reasons are given once, with the gravest.
func banners(run *results.Run, s *results.Summary) []Banner {
	var out []Banner
	p := proseOf(run)
	reasons := p.sentences(s.Reasons)
	if !s.Valid {
		out = append(out, Banner{BannerInvalid, "Invalid", "This run is invalid: do not decide on its figures", reasons})
		reasons = nil
	}
	switch s.State {
	case results.StateInterrupted:
		out = append(out, Banner{BannerCut, "Cut short", "The run was interrupted: the figures cover only what was asked until then", reasons})
		reasons = nil
	case results.StateRunning:
		out = append(out, Banner{BannerCut, "Not finished", "The run has not finished: the figures cover only what was asked so far", reasons})
		reasons = nil
	}
	if sim, all := simulatedTargets(run, s); len(sim) > 0 || s.Simulated {
		b := Banner{Kind: BannerSimulated, Label: "Simulated", Title: "These figures come from simulated servers and say nothing about any real model"}
		if len(sim) > 0 && !all {
			b.Lines = []string{"Simulated: " + joinNames(sim) + "."}
		}
		out = append(out, b)
	}
	if w := append(reasons, p.sentences(s.Warnings)...); len(w) > 0 {
		out = append(out, Banner{BannerWarning, "Note", "Read the figures with this in mind", w})
	}
	return out
}

// isSimulated reports whether a target's answers came from a simulator: one that
// the run started, or an endpoint that said so of itself.
func isSimulated(s *results.Summary, t results.RunTarget) bool {
	sum := s.Target(t.Name)
	return t.Simulated || sum != nil && sum.Simulated
}

// simulatedTargets names them; all reports whether no target is left.
func simulatedTargets(run *results.Run, s *results.Summary) (names []string, all bool) {
	for _, t := range run.Targets {
		if isSimulated(s, t) {
			names = append(names, nameOf(t.Name))
		}
	}
	return names, len(names) == len(run.Targets)
}

func definitions() []Definition {
	out := make([]Definition, 0, len(results.Figures))
	for _, f := range results.Figures {
		out = append(out, Definition{f.Key, f.Label, f.Unit, better(f.Better), f.Definition})
	}
	return out
}

func better(d results.Direction) string {
	switch d {
	case results.LowerBetter:
		return "lower is better"
	case results.HigherBetter:
		return "higher is better"
	}
	return ""
}
