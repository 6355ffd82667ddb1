package report

import (
	"slices"
	"strings"
	"testing"

	"switchover/results"
	"switchover/targets/chat"
)

// What is answered is shown in words, whatever it is.
func TestWhatIsAnsweredIsShownInWords(t *testing.T) {
	history := &chat.Request{Messages: []chat.Message{{Role: chat.ToolRole, Content: "Gone."}}}
	for want, c := range map[string]results.Conversation{
		"A?":             {Turns: []string{"A?"}},
		"Gone.":          {Turns: []string{""}, Request: history},
		"Look.\n[image]": {Turns: []string{""}, Parts: [][]chat.Part{{{Kind: chat.TextPart, Text: "Look."}, {Kind: chat.ImagePart, Data: "aGk="}}}},
	} {
		if got := saidBefore(&c, 0); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Limits that a target states stand under how it was run.
func TestStatedLimits(t *testing.T) {
	for want, l := range map[string]chat.RateLimits{
		"":                                {},
		"500 requests":                    {Requests: chat.RateLimit{Limit: 500}},
		"500 requests and 200,000 tokens": {Requests: chat.RateLimit{Limit: 500}, Tokens: chat.RateLimit{Limit: 200_000}},
		"50 requests, 20,000 input tokens and 18,000 output tokens": {Requests: chat.RateLimit{Limit: 50},
			InputTokens: chat.RateLimit{Limit: 20_000}, OutputTokens: chat.RateLimit{Limit: 18_000}},
	} {
		if got := limitsText(&l); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	run := &results.Run{Targets: []results.RunTarget{{Name: "a"}}}
	s := &results.Summary{Targets: []results.TargetSummary{{Name: "a", Limits: &chat.RateLimits{Requests: chat.RateLimit{Limit: 500}}}}}
	if notes := howTables(run, s)[0].Notes; len(notes) != 1 || notes[0] != "a states limits of 500 requests: a minute's, unless its API counts by the day" {
		t.Errorf("%q", notes)
	}
}

// Losses are shown with why they are: a row for each field, those that requests failed
// for first.
func TestLossesAreExplained(t *testing.T) {
	reasons := map[string]string{"top_k: dropped": "has none", "tools: rejected": "there are none", "tools: dropped": "there are none", "cache marks: approximate": "in its own way"}
	run := &results.Run{Targets: []results.RunTarget{{Name: "a", LossReasons: reasons}, {Name: "b", LossReasons: reasons}, {Name: "c", LossReasons: reasons}, {Name: "old"}}}
	s := &results.Summary{}
	for _, name := range []string{"a", "b", "c", "old"} {
		st := results.StageSummary{Name: "s", Counts: results.Counts{Losses: map[string]int{"top_k: dropped": 3}}}
		if name == "c" {
			st.Counts.Losses = nil
		}
		s.Targets = append(s.Targets, results.TargetSummary{Name: name, Stages: []results.StageSummary{st}})
	}
	s.Targets[1].Stages[0].Counts.Losses = map[string]int{"tools: dropped": 1, "tools: rejected": 2, "cache marks: approximate": 3}
	var got []string
	for _, row := range lossTable(run, s).Rows {
		for _, v := range row {
			got = append(got, v.Text+"|"+v.Under)
		}
	}
	want := []string{
		"tools|", "\u2013|", "2 rejected, 1 dropped|there are none", "\u2013|", "\u2013|",
		"top_k|", "3 dropped|has none", "\u2013|", "\u2013|", "3 dropped|",
		"cache marks|", "\u2013|", "3 approximate|in its own way", "\u2013|", "\u2013|",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	// And in a line beside the matrix.
	s.Targets[0].Stages[0].Counts.Losses = map[string]int{"a: dropped": 1, "b: dropped": 1, "c: dropped": 1, "d: dropped": 1, "e: dropped": 1, "f: rejected": 1}
	notes := New(run, s).Notes
	for _, want := range []string{
		"Lost in conversion to a, by requests: f rejected (1), a dropped (1), b dropped (1), c dropped (1) and 2 more; the report says why.",
		"Lost in conversion to b, by requests: tools rejected (2), tools dropped (1) and cache marks approximate (3); the report says why.",
		"Lost in conversion to old, by requests: top_k dropped (3); the report says why.",
	} {
		if !slices.Contains(notes, want) {
			t.Errorf("%q\nhave no %q", notes, want)
		}
	}
	if strings.Contains(strings.Join(notes, " "), "conversion to c") {
		t.Errorf("of c nothing was lost: %q", notes)
	}
}
