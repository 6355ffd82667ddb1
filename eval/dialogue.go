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
// that differences pair; items that every target answered come first.
func Dialogues(d *results.Data, limit int) []Dialogue {
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
	sessions := map[sessionKey]map[int]*results.Record{}
	for i := range d.Records {
		r := &d.Records[i]
		if !measured[r.Stage] || !candidates[r.Target] || !r.OK() {
			continue
		}
		k := sessionKey{stageOrder[r.Stage], r.Target, r.Session, r.Item}
		if sessions[k] == nil {
			sessions[k] = map[int]*results.Record{}
		}
		sessions[k][r.Turn] = r
	}
	return choose(firstComplete(d.Conversations, sessions), d.Conversations, limit)
}

type sessionKey struct {
	stage   int
	target  string
	session int
	item    string
}

// firstComplete keeps, by item and target, the earliest session with every turn.
func firstComplete(convs []results.Conversation, sessions map[sessionKey]map[int]*results.Record) map[string]map[string]Dialogue {
	keys := make([]sessionKey, 0, len(sessions))
	for k := range sessions {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b sessionKey) int {
		return cmp.Or(cmp.Compare(a.stage, b.stage), cmp.Compare(a.session, b.session), cmp.Compare(a.target, b.target))
	})
	conv := map[string]results.Conversation{}
	for _, c := range convs {
		conv[c.Item] = c
	}
	out := map[string]map[string]Dialogue{}
	for _, k := range keys {
		c, known := conv[k.item]
		if _, have := out[k.item][k.target]; have || !known || !whole(sessions[k], len(c.Turns)) {
			continue
		}
		if out[k.item] == nil {
			out[k.item] = map[string]Dialogue{}
		}
		out[k.item][k.target] = assemble(k, c, sessions[k])
	}
	return out
}

// whole reports whether every turn was answered.
func whole(turns map[int]*results.Record, n int) bool {
	for i := range n {
		if turns[i] == nil {
			return false
		}
	}
	return n > 0
}

// assemble rebuilds the dialogue: the workload's task and questions with the
// target's answers.
func assemble(k sessionKey, c results.Conversation, turns map[int]*results.Record) Dialogue {
	dlg := Dialogue{Target: k.target, Item: k.item}
	if c.System != "" {
		dlg.Messages = append(dlg.Messages, chat.Message{Role: chat.System, Content: c.System})
	}
	for i, asked := range c.Turns {
		r := turns[i]
		dlg.Records = append(dlg.Records, r.ID)
		dlg.Messages = append(dlg.Messages,
			chat.Message{Role: chat.User, Content: asked},
			chat.Message{Role: chat.Assistant, Content: r.Text, ToolCalls: r.ToolCalls})
	}
	return dlg
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
