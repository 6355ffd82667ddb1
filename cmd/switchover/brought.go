package main

import (
	"fmt"
	"strings"

	"switchover/results"
	"switchover/scenarios/prompts"
	"switchover/targets/chat"
)

// brought is what the requests of a log ask for beside their words, in how many
// conversations.
type brought struct {
	Field         string `json:"field"`
	Conversations int    `json:"conversations"`
}

// inWords are the fields of a conversation in words alone, of which nothing is said.
var inWords = chat.FieldSet(0).With(chat.FieldSystem).With(chat.FieldTurns).With(chat.FieldSameRole).With(chat.FieldPrefill)

// broughtBy counts them, in the order of the fields.
func broughtBy(items []results.Conversation) []brought {
	count := map[chat.Field]int{}
	for i := range items {
		c := &items[i]
		if c.Request == nil && c.Parts == nil && c.Tools == nil {
			continue
		}
		whole := c.Whole()
		for f := range (whole.Fields() &^ inWords).All() {
			count[f]++
		}
	}
	var out []brought
	for f := range chat.AllFields() {
		if count[f] > 0 {
			out = append(out, brought{f.String(), count[f]})
		}
	}
	return out
}

// broughtText says it in words.
func broughtText(items []results.Conversation) string {
	var parts []string
	for _, b := range broughtBy(items) {
		parts = append(parts, fmt.Sprintf("%s (%d)", b.Field, b.Conversations))
	}
	if parts == nil {
		return ""
	}
	return "Its requests bring, by conversations: " + strings.Join(parts, ", ") + ". A target's own params hold before them, and its max_tokens is the most."
}

// unseenText says what redaction could not look into.
func unseenText(set *prompts.Set) string {
	var parts []string
	for _, c := range set.Unseen.List() {
		parts = append(parts, fmt.Sprintf("%d %s", c.Count, strings.ReplaceAll(c.Kind, "_", " ")))
	}
	if parts == nil {
		return ""
	}
	return " It cannot look into what is no text (" + strings.Join(parts, ", ") + "): that is sent and kept as it is."
}
