package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"switchover/eval"
	"switchover/report"
	"switchover/report/terminal"
	"switchover/results"
	"switchover/scenarios"
	"switchover/scenarios/drive"
	"switchover/targets/chat"
)

// losses are what each target of a plan would lose of its requests, a judge of one like
// those it is asked, in the scenario's order. Nothing is sent.
func (a *app) losses(p *scenarios.Plan) ([]targetLosses, error) {
	var out []targetLosses
	for i := range p.Scenario.Targets {
		t := &p.Scenario.Targets[i]
		spec, err := a.spec(t)
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", t.Name, err)
		}
		lost := targetLosses{target: t}
		if t.Role == results.RoleJudge {
			lost.Losses = drive.LossesOfOne(spec, eval.Asked(spec))
		} else {
			lost.Losses = drive.LossesOf(p, spec)
		}
		out = append(out, lost)
	}
	return out, nil
}

// targetLosses is one target's.
type targetLosses struct {
	target *scenarios.Target
	*drive.Losses
}

// refusals says why a plan must not be started: its own reasons, and what a strict
// target would lose.
func (a *app) refusals(p *scenarios.Plan) ([]string, error) {
	out := p.Refusals()
	if len(p.Scenario.Read.StrictAt) == 0 {
		return out, nil
	}
	all, err := a.losses(p)
	if err != nil {
		return nil, err
	}
	for _, of := range all {
		if of.target.Strict && of.Lossy+of.Unsaid > 0 {
			out = append(out, strictRefusal(p, &of))
		}
	}
	return out, nil
}

// strictRefusal says where a target was said to be strict, what it would lose, and
// what can be done about it.
func strictRefusal(p *scenarios.Plan, of *targetLosses) string {
	var lost []string
	for _, f := range of.Fields {
		lost = append(lost, fmt.Sprintf("%s in %d%s", f.Loss, f.Requests, inBrackets(f.Why)))
	}
	if of.Unsaid > 0 {
		lost = append(lost, fmt.Sprintf("%d that cannot be written%s", of.Unsaid, inBrackets(of.Why)))
	}
	where := ""
	if at := p.Scenario.Read.StrictAt[of.target.Name]; at != "" {
		where = at + ": "
	}
	asked := plural(of.Requests, "request") + " ask"
	if of.target.Role == results.RoleJudge {
		asked = "a judge is asked"
	}
	return fmt.Sprintf("%starget %s is strict, and its protocol, %s, cannot carry all that %s: %s; take that out of the requests and params, choose a protocol that carries it, or remove strict",
		where, of.target.Name, protocolName(of.target), asked, strings.Join(lost, "; "))
}

func inBrackets(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

// printLosses shows what would be lost in conversion, if anything would.
func (a *app) printLosses(w io.Writer, p *scenarios.Plan, o terminal.Options) error {
	all, err := a.losses(p)
	if err != nil {
		return err
	}
	var rows [][]string
	most := 0
	for _, of := range all {
		most = max(most, of.Requests)
		for _, f := range of.Fields {
			rows = append(rows, []string{of.target.Name, protocolName(of.target), f.Field.String(), string(f.Fate), fmt.Sprint(f.Requests), f.Why})
		}
		if of.Unsaid > 0 {
			rows = append(rows, []string{of.target.Name, protocolName(of.target), "all of it", string(chat.Rejected), fmt.Sprint(of.Unsaid), of.Why})
		}
	}
	if rows == nil {
		return nil
	}
	fmt.Fprintf(w, "\nLost in conversion, of %s:\n", plural(most, "different request"))
	head := []string{"target", "protocol", "field", "fate", "requests", "why"}
	var notes []string
	if widthOf(append([][]string{head}, rows...)) > o.Width && o.Width > 0 {
		notes = numbered(rows, len(head)-1)
	}
	if err := terminal.Table(w, head, rows, o); err != nil {
		return err
	}
	for _, note := range notes {
		if _, err := fmt.Fprintln(w, wrapped(report.Clean(note), o.Width)); err != nil {
			return err
		}
	}
	return nil
}

// widthOf is how wide a table of these rows is at its full width.
func widthOf(rows [][]string) int {
	const gap = 2
	most := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			most[i] = max(most[i], utf8.RuneCountInString(cell))
		}
	}
	total := gap * (len(most) - 1)
	for _, n := range most {
		total += n
	}
	return total
}

// numbered puts the number of a note, [1], in place of each text in a column and returns
// the notes, each text once.
func numbered(rows [][]string, column int) []string {
	var notes []string
	at := map[string]string{}
	for _, row := range rows {
		text := row[column]
		if text != "" && at[text] == "" {
			at[text] = fmt.Sprintf("[%d]", len(notes)+1)
			notes = append(notes, at[text]+" "+text)
		}
		row[column] = at[text]
	}
	return notes
}

// lossJSON is a field that a target would lose, in the plan's JSON.
type lossJSON struct {
	Field    string    `json:"field"`
	Fate     chat.Fate `json:"fate"`
	Requests int       `json:"requests"`
	Why      string    `json:"why,omitempty"`
}

// lossesJSON are the losses of each target, by its name.
func (a *app) lossesJSON(p *scenarios.Plan) (map[string][]lossJSON, error) {
	all, err := a.losses(p)
	if err != nil {
		return nil, err
	}
	out := map[string][]lossJSON{}
	for _, of := range all {
		for _, f := range of.Fields {
			out[of.target.Name] = append(out[of.target.Name], lossJSON{f.Field.String(), f.Fate, f.Requests, f.Why})
		}
		if of.Unsaid > 0 {
			out[of.target.Name] = append(out[of.target.Name], lossJSON{"all of it", chat.Rejected, of.Unsaid, cmp.Or(of.Why, "it cannot be written")})
		}
	}
	return out, nil
}
