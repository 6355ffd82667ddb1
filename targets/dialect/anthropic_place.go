package dialect

import (
	"encoding/json"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

// told counts what the messages so far will be where they are written again for
// Anthropic, which is not always a message each: results of tools and what the user
// says in a message after them are one turn, and a system message that comes first is
// part of the system prompt.
type told struct {
	turns  int
	open   bool // the last one ends with results: what the user says next joins it
	blocks int  // of the last one
	system int  // blocks of the system prompt
}

// place moves what was kept of a message to where that message will be written, so
// that it is put back beside what it stood with. The message is m and has blocks of
// these types; it stands at a path.
func (a *anthropic) place(path string, m *chat.Message, types []string) {
	t := &a.told
	within := "messages[" + strconv.Itoa(t.turns) + "]"
	content, base := within+".content", 0
	switch {
	case m.Role == chat.System && t.turns == 0:
		within, content, base = "", "system", t.system
		t.system += len(types)
	case m.Role == chat.User && t.open:
		within = "messages[" + strconv.Itoa(t.turns-1) + "]"
		content, base = within+".content", t.blocks
		t.blocks += len(types)
	default:
		t.turns++
		t.blocks = len(types)
	}
	t.open = m.Role == chat.User && a.req.Messages[len(a.req.Messages)-1].Role == chat.ToolRole
	if len(a.kept) == 0 {
		return
	}
	at := places(m.Role, types)
	moved := make([]json.RawMessage, len(a.kept))
	for i, from := range a.kept {
		moved[i] = a.req.Foreign[from]
		delete(a.req.Foreign, from)
	}
	for i, from := range a.kept {
		rest := strings.TrimPrefix(from, path)
		to := within + rest
		if number, after, ok := strings.Cut(strings.TrimPrefix(rest, ".content["), "]"); ok && strings.HasPrefix(rest, ".content[") {
			if n, err := strconv.Atoi(number); err == nil && n < len(at) {
				to = content + "[" + strconv.Itoa(base+at[n]) + "]" + after
			}
		}
		a.req.Foreign[to] = moved[i]
	}
}

// places are the numbers that the blocks of a message have when results come first and
// calls last.
func places(role chat.Role, types []string) []int {
	at, next := make([]int, len(types)), 0
	for _, later := range []bool{false, true} {
		for i, kind := range types {
			if later == (role == chat.User && kind != "tool_result" || role == chat.Assistant && kind == "tool_use") {
				at[i] = next
				next++
			}
		}
	}
	return at
}
