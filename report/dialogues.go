package report

import (
	"cmp"
	"fmt"
	"slices"

	"switchover/results"
)

// The bounds of the dialogues shown: a report is read, not searched.
const (
	maxDialogues = 3
	maxTurns     = 4
	maxAnswer    = 1200 // characters of one message
	maxReason    = 240  // characters of one reason
)

// Dialogue is one judged conversation with the answers of every target side by
// side.
type Dialogue struct {
	Item     string
	Language string // BCP 47; may be empty
	Turns    []Turn
	Scores   []Scored
	// Cut says that turns beyond the first few are left out.
	Cut bool
}

// Turn is one message of the user and what each target answered, in the order of
// the scenario.
type Turn struct {
	User    string
	Answers []Answer
}

// Answer is what one target said. Text is empty when it did not answer.
type Answer struct {
	Target, Text string
}

// Scored is how one target's dialogue was judged.
type Scored struct {
	Target string
	Scores []Pair // by criterion, in the order of the policy
	// Reasons are the judge's own words, by criterion.
	Reasons []Pair
}

// AddDialogues fills in Dialogues: those on which the targets' scores differ
// most, among the ones judged for the most targets. It shows at most three, and
// bounds every text. The report stands without them. It fails where the answers
// cannot be read from the run's folder.
func (d *Doc) AddDialogues(data *results.Data) error {
	byItem := map[string]map[string]*results.Verdict{}
	for i := range data.Verdicts {
		v := &data.Verdicts[i]
		if v.Unscored != "" || len(v.Scores) == 0 {
			continue
		}
		if byItem[v.Item] == nil {
			byItem[v.Item] = map[string]*results.Verdict{}
		}
		if byItem[v.Item][v.Target] == nil { // the first verdict stands for the rest
			byItem[v.Item][v.Target] = v
		}
	}
	known := map[string]*results.Conversation{}
	for i := range data.Conversations {
		known[data.Conversations[i].Item] = &data.Conversations[i]
	}
	var items []string
	answers := map[string]answered{} // by record
	for _, item := range tellingItems(byItem) {
		if known[item] == nil || len(items) == maxDialogues {
			continue
		}
		items = append(items, item)
		for _, v := range byItem[item] {
			for _, id := range v.Records {
				answers[id] = answered{turn: -1}
			}
		}
	}
	if len(answers) > 0 {
		err := data.Whole(func(r *results.Record) error {
			if _, shown := answers[r.ID]; shown {
				answers[r.ID] = answered{r.Turn, r.Text}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, item := range items {
		d.Dialogues = append(d.Dialogues, d.dialogue(data.Run, known[item], byItem[item], answers))
	}
	return nil
}

// answered is what a record says: a turn, -1 where there is no such record, and
// what the target said.
type answered struct {
	turn int
	text string
}

// tellingItems orders items: judged for the most targets first, then by the
// spread of the targets' mean scores, then by name.
func tellingItems(byItem map[string]map[string]*results.Verdict) []string {
	spread := func(item string) float64 {
		var means []float64
		for _, v := range byItem[item] {
			sum := 0
			for _, n := range v.Scores {
				sum += n
			}
			means = append(means, float64(sum)/float64(len(v.Scores)))
		}
		return slices.Max(means) - slices.Min(means)
	}
	items := sortedKeys(byItem)
	slices.SortStableFunc(items, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(byItem[b]), len(byItem[a])), cmp.Compare(spread(b), spread(a)))
	})
	return items
}

func (d *Doc) dialogue(run *results.Run, conv *results.Conversation, by map[string]*results.Verdict, answers map[string]answered) Dialogue {
	out := Dialogue{Item: Clean(conv.Item), Language: Clean(conv.Language), Cut: len(conv.Turns) > maxTurns}
	var targets []string
	for _, r := range run.Candidates() {
		if by[r.Name] != nil {
			targets = append(targets, r.Name)
		}
	}
	for i := range conv.Turns[:min(len(conv.Turns), maxTurns)] {
		turn := Turn{User: elide(CleanText(saidBefore(conv, i)), maxAnswer)}
		for _, t := range targets {
			a := Answer{Target: nameOf(t)}
			for _, id := range by[t].Records {
				if said := answers[id]; said.turn == i {
					a.Text = elide(CleanText(said.text), maxAnswer)
				}
			}
			turn.Answers = append(turn.Answers, a)
		}
		out.Turns = append(out.Turns, turn)
	}
	for _, t := range targets {
		s := Scored{Target: nameOf(t)}
		for _, c := range criteria(run, by[t]) {
			s.Scores = append(s.Scores, Pair{figureLabel(c), fmt.Sprint(by[t].Scores[c])})
			if why := elide(Clean(by[t].Reasons[c]), maxReason); why != "" {
				s.Reasons = append(s.Reasons, Pair{figureLabel(c), why})
			}
		}
		out.Scores = append(out.Scores, s)
	}
	return out
}

// saidBefore is what is answered in a turn, in words: what the user says or, where
// nothing is asked, the end of the history, such as the results of tools.
func saidBefore(conv *results.Conversation, turn int) string {
	asked, ok := conv.Question(turn)
	if before := conv.Opening(""); !ok && len(before) > 0 {
		asked = before[len(before)-1]
	}
	return results.Words(&asked)
}

// criteria are the criteria a verdict has scores for: the policy's in its order,
// then any other by name.
func criteria(run *results.Run, v *results.Verdict) []string {
	var out []string
	for _, c := range slices.Concat(run.Policy.Criteria, sortedKeys(v.Scores)) {
		if _, ok := v.Scores[c]; ok && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
