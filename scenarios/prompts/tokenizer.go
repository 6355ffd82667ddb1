package prompts

import (
	"fmt"
	"sync"

	"github.com/tiktoken-go/tokenizer/codec"
)

// Tokenizer names the tokenizer that synthetic prompts and traces are measured
// by: that of OpenAI's models since GPT-4o. Other models' count the same text
// differently, usually within a few percent for plain English; a target's usage
// says how.
const Tokenizer = "o200k_base"

// measure is made when it is first needed, because its vocabulary takes a while.
var measure = sync.OnceValue(codec.NewO200kBase)

// countTokens counts by the tokenizer.
func countTokens(text string) (int, error) {
	n, err := measure().Count(text)
	if err != nil {
		return 0, fmt.Errorf("counting tokens by %s: %w", Tokenizer, err)
	}
	return n, nil
}
