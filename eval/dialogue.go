package eval

import (
	"cmp"
	"slices"

	"switchover/results"
	"switchover/targets/chat"
)

// Dialogue is one whole conversation with one target: the unit of evidence.
type Dialogue struct {
	Target   string
	Item     string
	Records  []string // the records it was read from, in order of turns
	Messages []chat.Message
}

// Dialogues picks what is judged: for each candidate and item the first session
// of a measured stage whose every turn was answered. At most limit items per
// target (0: all), the same items for every target as far as they have them, so
// that differences pair; items that every target answered come first. It fails
// where the answers cannot be read from the run's folder.
func Dialogues(d *results.Data, limit int) ([]Dialogue, error) {
	measured := map[string]bool{}
	stageOrder := map[string]int{}
	for i, s := range d.Run.Stages {
		measured[s.Name] = s.Measure
		stageOrder[s.Name] = i
	}
	candidates := map[string]bool{}
	for _, t := range d.Run.Candidates() {
		candidates[t.Name] = true
	}
	sessions := map[sessionKey]map[int]string{} // records' ids by turn
	for r := range d.All() {
		if !measured[r.Stage] || !candidates[r.Target] || !r.OK() {
			continue
		}
		k := sessionKey{stageOrder[r.Stage], r.Target, r.Session, r.Item}
		if sessions[k] == nil {
			sessions[k] = map[int]string{}
		}
		sessions[k][r.Turn] = r.ID
	}
	chosen := choose(firstComplete(d.Conversations, sessions), d.Conversations, limit)
	return chosen, assemble(chosen, d)
}

type sessionKey struct {
	stage   int
	target  string
	session int
	item    string
}

// firstComplete keeps, by item and target, the earliest session with every turn.
func firstComplete(convs []results.Conversation, sessions map[sessionKey]map[int]string) map[string]map[string]Dialogue {
	keys := make([]sessionKey, 0, len(sessions))
	for k := range sessions {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b sessionKey) int {
		return cmp.Or(cmp.Compare(a.stage, b.stage), cmp.Compare(a.session, b.session), cmp.Compare(a.target, b.target))
	})
	turns := map[string]int{}
	for _, c := range convs {
		turns[c.Item] = len(c.Turns)
	}
	out := map[string]map[string]Dialogue{}
	for _, k := range keys {
		n := turns[k.item]
		if _, have := out[k.item][k.target]; have || !whole(sessions[k], n) {
			continue
		}
		if out[k.item] == nil {
			out[k.item] = map[string]Dialogue{}
		}
		dlg := Dialogue{Target: k.target, Item: k.item}
		for turn := range n {
			dlg.Records = append(dlg.Records, sessions[k][turn])
		}
		out[k.item][k.target] = dlg
	}
	return out
}

// whole reports whether every turn was answered.
func whole(turns map[int]string, n int) bool {
	for i := range n {
		if _, ok := turns[i]; !ok {
			return false
		}
	}
	return n > 0
}

// assemble rebuilds the dialogues: the workload's task and questions with the
// targets' answers.
func assemble(dialogues []Dialogue, d *results.Data) error {
	conv := map[string]*results.Conversation{}
	for i := range d.Conversations {
		conv[d.Conversations[i].Item] = &d.Conversations[i]
	}
	answers := map[string]*chat.Message{} // by record
	for i := range dialogues {
		dlg := &dialogues[i]
		c := conv[dlg.Item]
		dlg.Messages = before(c)
		at := make([]int, len(dlg.Records)) // of the answers
		for turn := range c.Turns {
			if asked, ok := c.Question(turn); ok {
				dlg.Messages = append(dlg.Messages, chat.Message{Role: chat.User, Content: results.Words(&asked)})
			}
			at[turn] = len(dlg.Messages)
			dlg.Messages = append(dlg.Messages, chat.Message{Role: chat.Assistant})
		}
		for turn, id := range dlg.Records {
			answers[id] = &dlg.Messages[at[turn]]
		}
	}
	if len(answers) == 0 {
		return nil
	}
	return d.Whole(func(r *results.Record) error {
		if m := answers[r.ID]; m != nil {
			m.Content, m.ToolCalls = r.Text, r.ToolCalls
		}
		return nil
	})
}

// history is the role of what was said before the first question, which no target has
// to answer for.
const history = chat.Role("history")

// before is a conversation's system prompt and its history, in words.
func before(c *results.Conversation) []chat.Message {
	var out []chat.Message
	for _, m := range c.Opening("") {
		said := results.Words(&m)
		if m.Role != chat.System {
			m.Role, said = history, string(m.Role)+": "+said
		}
		out = append(out, chat.Message{Role: m.Role, Content: said})
	}
	return out
}

// choose orders items by how many targets have them, then as the workload has
// them, and cuts to limit.
func choose(by map[string]map[string]Dialogue, convs []results.Conversation, limit int) []Dialogue {
	var items []string
	seen := map[string]bool{}
	for _, c := range convs {
		if len(by[c.Item]) > 0 && !seen[c.Item] {
			seen[c.Item] = true
			items = append(items, c.Item)
		}
	}
	slices.SortStableFunc(items, func(a, b string) int { return cmp.Compare(len(by[b]), len(by[a])) })
	if limit > 0 && len(items) > limit {
		items = items[:limit]
	}
	var out []Dialogue
	for _, item := range items {
		targets := make([]string, 0, len(by[item]))
		for t := range by[item] {
			targets = append(targets, t)
		}
		slices.Sort(targets)
		for _, t := range targets {
			out = append(out, by[item][t])
		}
	}
	return out
}
