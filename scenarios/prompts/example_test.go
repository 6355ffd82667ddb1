package prompts_test

import (
	"fmt"
	"strings"

	"switchover/scenarios/prompts"
)

func ExampleRead() {
	file := `{"item": "en-refund", "language": "en", "turns": ["Where is my refund?", "How long will it take?"]}
{"item": "zh-refund", "language": "zh", "turns": "退款到哪里了？"}`
	_, err := prompts.Read(strings.NewReader(file), "support.jsonl", prompts.Options{Format: prompts.FormatConversations})
	fmt.Println(err)

	file = strings.Replace(file, `"退款到哪里了？"`, `["退款到哪里了？"]`, 1)
	set, _ := prompts.Read(strings.NewReader(file), "support.jsonl", prompts.Options{Format: prompts.FormatConversations})
	for _, c := range set.Conversations {
		fmt.Println(c.Item, len(c.Turns))
	}
	// Output:
	// support.jsonl:2: turns is a string, not a list of strings
	// en-refund 2
	// zh-refund 1
}

func ExampleBundled() {
	for _, c := range prompts.Bundled()[:2] {
		fmt.Println(c.Item, c.Language, c.Category)
	}
	// Output:
	// en-code-decorator en coding
	// zh-writing-leave zh writing
}
