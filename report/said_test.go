package report

import (
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
