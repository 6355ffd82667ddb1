package prompts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

// withheldThinking stands where nothing else is left of a message.
const withheldThinking = "[THINKING]"

// forgetThinking takes out of a message the thinking that was changed: its provider
// knows it by its signature, which no other text has. It returns the numbers of the
// parts that are gone.
func forgetThinking(parts *[]chat.Part, before []chat.Part) (gone []int) {
	kept := (*parts)[:0]
	for i, p := range *parts {
		if p.Kind == chat.ThinkingPart && p.Text != before[i].Text {
			gone = append(gone, i)
		} else {
			kept = append(kept, p)
		}
	}
	*parts = kept
	return gone
}

// closeRanks moves what only Claude's dialect knows of a request's messages to where it
// stands without the parts that are gone, by message.
//
// A message that says nothing any more, which no API takes, says so.
func closeRanks(r *chat.Request, gone map[int][]int) {
	left := map[string][]int{}          // places that are left, in their order, by how the paths begin
	empty := map[string]*chat.Message{} // that nothing is left of, likewise
	turn, last := -1, chat.System
	for i := range r.Messages { // which are told to Claude as turns
		role := r.Messages[i].Role
		joins := last == chat.ToolRole && (role == chat.ToolRole || role == chat.User)
		if !joins && (role != chat.System || turn >= 0) {
			turn++
		}
		if last = role; len(gone[i]) > 0 {
			begin := fmt.Sprintf("messages[%d].content", turn)
			left[begin] = leftPlaces(r.Foreign, begin, gone[i])
			if m := &r.Messages[i]; len(m.Parts)+len(m.ToolCalls) == 0 {
				empty[begin] = m
			}
		}
	}
	if len(left) == 0 {
		return
	}
	out := make(map[string]json.RawMessage, len(r.Foreign))
	for path, raw := range r.Foreign {
		if moved, stays := closeUp(path, left); stays {
			begin, _, _ := strings.Cut(moved, ".content[")
			delete(empty, begin+".content")
			out[moved] = raw
		}
	}
	r.Foreign = out
	for _, m := range empty {
		m.Content = withheldThinking
	}
}

// leftPlaces are the places that a message's parts have left, where blocks that are
// foreign stand among its parts.
func leftPlaces(foreign map[string]json.RawMessage, begin string, gone []int) (left []int) {
	for part, n := 0, 0; len(left) < len(gone); n++ {
		if _, is := foreign[fmt.Sprintf("%s[%d]", begin, n)]; is {
			continue
		}
		if part == gone[len(left)] {
			left = append(left, n)
		}
		part++
	}
	return left
}

// closeUp is a path without the places before it that were left; false where it was
// about such a place itself.
func closeUp(path string, left map[string][]int) (string, bool) {
	begin, rest, _ := strings.Cut(path, ".content[")
	begin += ".content"
	number, rest, _ := strings.Cut(rest, "]")
	at, err := strconv.Atoi(number)
	if err != nil || left[begin] == nil {
		return path, true
	}
	before, itself := slices.BinarySearch(left[begin], at)
	return fmt.Sprintf("%s[%d]%s", begin, at-before, rest), !itself
}
