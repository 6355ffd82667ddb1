package results

import "fmt"

// asked is what a run was to ask whom, to tell what belongs to it.
type asked struct{ stages, targets, items map[string]bool }

func newAsked(d *Data) asked {
	a := asked{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, s := range d.Run.Stages {
		a.stages[s.Name] = true
	}
	for _, t := range d.Run.Candidates() {
		a.targets[t.Name] = true
	}
	for _, c := range d.Conversations {
		a.items[c.Item] = true
	}
	return a
}

// judged are the verdicts on dialogues the run held: another is evidence of
// nothing that was asked here, however it came into the file.
func (a asked) judged(verdicts []Verdict) []Verdict {
	var out []Verdict
	for _, v := range verdicts {
		if a.targets[v.Target] && a.items[v.Item] {
			out = append(out, v)
		}
	}
	return out
}

// strays says what of the folder does not belong to the run and is in no figure.
func (a asked) strays(d *Data, p *pack) []string {
	var w []string
	count := func(n int, text string) {
		if n > 0 {
			w = append(w, fmt.Sprintf("left out: %d "+text, n))
		}
	}
	elsewhere, unknown, early := 0, 0, 0
	var r row
	for i := range p.n {
		p.row(i, &r)
		if wait, ok := Since(r.FirstToken, r.Intended).Get(); ok && wait < 0 {
			early++
		}
		switch {
		case !a.stages[r.shape.stage] || !a.targets[r.shape.target]:
			elsewhere++
		case !a.items[p.dict.items.list[r.item]]:
			unknown++
		}
	}
	count(elsewhere, "records of a stage or a target that the run does not have")
	count(len(d.Verdicts)-len(a.judged(d.Verdicts)), "verdicts on a target or a conversation that the run does not have")
	if unknown > 0 {
		w = append(w, fmt.Sprintf("%d records are of conversations that the run does not have: whether these were complete is unknown, so they are in no cost of a conversation", unknown))
	}
	if early > 0 {
		w = append(w, fmt.Sprintf("%d answers began before they were due, as when a clock is set back between two processes: how long their users waited is unknown", early))
	}
	return w
}
