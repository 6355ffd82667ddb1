package targets

import (
	"strings"
)

func init() { speakers = append(speakers, anthropicSpeaker()) }

// named is one server-sent event with its name, as Anthropic sends them.
func named(name, data string) string { return "event: " + name + "\n" + sse(data) }

// Events of the Messages API.
const anthropicStart = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":2,"output_tokens":1}}}`

func anthropicBlock(index, block string) string {
	return named("content_block_start", `{"type":"content_block_start","index":`+index+`,"content_block":`+block+`}`)
}

func anthropicDelta(index, kind, member, text string) string {
	return named("content_block_delta", `{"type":"content_block_delta","index":`+index+`,"delta":{"type":"`+kind+`","`+member+`":"`+text+`"}}`)
}

func anthropicBlockStop(index string) string {
	return named("content_block_stop", `{"type":"content_block_stop","index":`+index+`}`)
}

func anthropicStop(reason string) string {
	return named("message_delta", `{"type":"message_delta","delta":{"stop_reason":"`+reason+`","stop_sequence":null},"usage":{"output_tokens":4}}`) +
		named("message_stop", `{"type":"message_stop"}`)
}

func anthropicSpeaker() *speaker {
	text := func(s string) string { return anthropicDelta("0", "text_delta", "text", s) }
	start := named("message_start", anthropicStart)
	open := start + anthropicBlock("0", `{"type":"text","text":""}`)
	words := []string{open, named("ping", `{"type":"ping"}`)}
	for _, w := range goodWords {
		words = append(words, text(w))
	}
	end := anthropicBlockStop("0") + anthropicStop("end_turn")
	whole := append(append([]string{}, words...), end)
	noise := []string{"\n\n", ": keep-alive\n\n"}
	for _, p := range whole {
		noise = append(noise, p, named("ping", `{"type":"ping"}`), ": keep-alive\n\n", named("soon", `{"type":"soon","index":"x"}`))
	}
	noise = append(noise[:len(noise)-3], named("ping", `{"type":"ping"}`))
	bare := strings.NewReplacer(`,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":2,"output_tokens":1}`, "", `,"usage":{"output_tokens":4}`, "")
	uncounted := []string{}
	for _, p := range whole {
		uncounted = append(uncounted, bare.Replace(p))
	}
	thought := []string{start,
		anthropicBlock("0", `{"type":"thinking","thinking":"","signature":""}`) + anthropicDelta("0", "thinking_delta", "thinking", reasoningText) +
			anthropicDelta("0", "signature_delta", "signature", "c2ln") + anthropicBlockStop("0") + anthropicBlock("1", `{"type":"text","text":""}`)}
	for _, w := range goodWords {
		thought = append(thought, anthropicDelta("1", "text_delta", "text", w))
	}
	thought = append(thought, anthropicBlockStop("1")+anthropicStop("end_turn"))
	call := start + anthropicBlock("0", `{"type":"tool_use","id":"toolu_1","name":"switch","input":{}}`) + anthropicDelta("0", "input_json_delta", "partial_json", "") +
		anthropicDelta("0", "input_json_delta", "partial_json", `{\"to\":`) + anthropicDelta("0", "input_json_delta", "partial_json", `\"spare\"}`) +
		anthropicBlockStop("0") + anthropicStop("tool_use")
	failure := func(kind, message string) string {
		return `{"type":"error","error":{"type":"` + kind + `","message":"` + message + `"},"request_id":"req_1"}`
	}
	refuse := func(status int, body string) utterance {
		return utterance{status: status, header: map[string]string{"Content-Type": "application/json", "Retry-After": "3"}, pieces: []string{body}}
	}
	return &speaker{
		protocol: "anthropic",
		spec:     specFor("anthropic", ""),
		content:  "text/event-stream; charset=utf-8",
		says: map[string]utterance{
			"good stream": {pieces: whole},
			"good document": {header: map[string]string{"Content-Type": "application/json"}, pieces: []string{
				`{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"` + goodText + `"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":5,"cache_read_input_tokens":2,"output_tokens":4}}`}},
			"split at every byte": {pieces: whole, bytes: true},
			"multi-byte text":     {pieces: []string{open, text(multiByteText[:6]), text(multiByteText[6:]), end}, bytes: true},
			"keep-alive noise":    {pieces: noise},
			"usage absent":        {pieces: uncounted},
			"reasoning":           {pieces: thought, pause: 5 * ms},
			"tool call":           {pieces: []string{call}},
			"content filter":      {pieces: []string{open, text("Mo"), anthropicBlockStop("0"), anthropicStop("refusal")}},
			"length limit":        {pieces: []string{open, text("Move"), anthropicBlockStop("0"), anthropicStop("max_tokens")}},
			"clean early end":     {pieces: words[:4]},
			"cut":                 {pieces: words[:4], cut: true},
			"error inside a 200":  {pieces: []string{open, text("Mo"), named("error", failure("overloaded_error", "Overloaded"))}},
			"event too large":     {pieces: []string{open, `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + strings.Repeat("x", 2<<20)}},
			"endless stream":      {pieces: []string{open, text(strings.Repeat("word ", 4000))}, forever: true},
			"not the protocol":    {header: map[string]string{"Content-Type": "text/html"}, pieces: []string{"<html><title>Welcome</title></html>"}},
			"error: auth":         refuse(401, failure("authentication_error", "invalid x-api-key")),
			"error: quota":        refuse(402, failure("billing_error", "There is an issue with your billing")),
			"error: rate_limited": refuse(429, failure("rate_limit_error", "This request would exceed your rate limit")),
			"error: overloaded":   refuse(529, failure("overloaded_error", "Overloaded")),
			"error: not_found":    refuse(404, failure("not_found_error", "model: m")),
			"error: bad_request":  refuse(400, failure("invalid_request_error", "temperature: range 0..1")),
			"error: too_large":    refuse(400, failure("invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum")),
			"error: server":       refuse(500, failure("api_error", "Internal server error")),
		},
	}
}
