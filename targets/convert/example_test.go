package convert_test

import (
	"fmt"

	"switchover/targets/convert"
	"switchover/targets/wire"
)

// A request for Claude in the form of Ollama, and what becomes of its fields.
func ExampleConverter_Convert() {
	protocol, _ := wire.Lookup("ollama")
	c := convert.Converter{From: "anthropic", Protocol: protocol, Model: "qwen3:8b"}
	done := c.Convert([]byte(`{"model": "claude-sonnet-5", "max_tokens": 64, "metadata": {"user_id": "u"},
		"messages": [{"role": "user", "content": "Where is my order?"}]}`))
	fmt.Printf("%s\n", done.Body)
	for _, f := range done.Fields {
		fmt.Println(f)
	}
	// Output:
	// {"model":"qwen3:8b","messages":[{"role":"user","content":"Where is my order?"}],"options":{"num_predict":64},"stream":false}
	// max_tokens: lossless
	// user: dropped
}
