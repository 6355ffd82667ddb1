package targets

import (
	"fmt"
	"strings"
)

func init() { speakers = append(speakers, responsesSpeaker()) }

// responsesEvents are server-sent events of the Responses API, each under its name and
// with its number.
type responsesEvents struct{ n int }

func (e *responsesEvents) event(kind, rest string) string {
	if rest != "" {
		rest = "," + rest
	}
	e.n++
	return fmt.Sprintf("event: %s\ndata: {\"type\":%q,\"sequence_number\":%d%s}\n\n", kind, kind, e.n-1, rest)
}

// response is one of the Responses API with what else it has.
func response(status, rest string) string {
	return `"response":{"id":"resp_1","object":"response","created_at":1795334609,"model":"m","status":"` + status + `"` + rest + `}`
}

const (
	responsesUsage   = `,"usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":2},"output_tokens":4,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":11}`
	responsesMessage = `{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"` + goodText + `","annotations":[]}]}`
	responsesCall    = `{"id":"fc_1","type":"function_call","call_id":"call_1","name":"` + toolName + `","arguments":"{\"to\":\"spare\"}","status":"completed"}`
)

// begin is what a stream begins with, words what it says, each word in an event.
func (e *responsesEvents) begin() []string {
	return []string{
		e.event("response.created", response("in_progress", `,"output":[]`)),
		e.event("response.in_progress", response("in_progress", `,"output":[]`)),
	}
}

func (e *responsesEvents) words(index int, words ...string) []string {
	out := []string{
		e.event("response.output_item.added", fmt.Sprintf(`"output_index":%d,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]}`, index)),
		e.event("response.content_part.added", fmt.Sprintf(`"item_id":"msg_1","output_index":%d,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}`, index)),
	}
	for _, w := range words {
		out = append(out, e.event("response.output_text.delta", fmt.Sprintf(`"item_id":"msg_1","output_index":%d,"content_index":0,"delta":%q,"logprobs":[]`, index, w)))
	}
	return out
}

// done is what a message, and with it the stream, ends with.
func (e *responsesEvents) done(usage string) []string {
	return []string{
		e.event("response.output_text.done", `"item_id":"msg_1","output_index":0,"content_index":0,"text":"`+goodText+`","logprobs":[]`),
		e.event("response.output_item.done", `"output_index":0,"item":`+responsesMessage),
		e.event("response.completed", response("completed", `,"output":[`+responsesMessage+`]`+usage)),
	}
}

func (e *responsesEvents) call() []string {
	at := `"item_id":"fc_1","output_index":0,`
	return []string{
		e.event("response.output_item.added", `"output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"call_1","name":"`+toolName+`","arguments":"","status":"in_progress"}`),
		e.event("response.function_call_arguments.delta", at+`"delta":"{\"to\":"`),
		e.event("response.function_call_arguments.delta", at+`"delta":"\"spare\"}"`),
		e.event("response.function_call_arguments.done", at+`"name":"`+toolName+`","arguments":"{\"to\":\"spare\"}"`),
		e.event("response.output_item.done", `"output_index":0,"item":`+responsesCall),
		e.event("response.completed", response("completed", `,"output":[`+responsesCall+`]`+responsesUsage)),
	}
}

func all(lists ...[]string) (out []string) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// responsesSpeaker speaks the Responses API; it refuses as chat completions do.
func responsesSpeaker() *speaker {
	stream := func(usage string) []string {
		var e responsesEvents
		return all(e.begin(), e.words(0, goodWords...), e.done(usage))
	}
	saying := func(words ...string) ([]string, *responsesEvents) {
		var e responsesEvents
		return all(e.begin(), e.words(0, words...)), &e
	}
	whole := stream(responsesUsage)
	noise := []string{"\n\n", ": keep-alive\n\n"}
	for _, p := range whole {
		noise = append(noise, p, ": keep-alive\n\n")
	}
	var thinking, calling responsesEvents
	reasoned := all(thinking.begin(),
		[]string{
			thinking.event("response.output_item.added", `"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}`),
			thinking.event("response.reasoning_text.delta", `"item_id":"rs_1","output_index":0,"content_index":0,"delta":"`+reasoningText+`"`),
			thinking.event("response.reasoning_summary_text.delta", `"item_id":"rs_1","output_index":0,"summary_index":0,"delta":"It was down, in short."`),
		}, thinking.words(1, goodWords...), thinking.done(responsesUsage))
	early, _ := saying(goodWords[:2]...)
	filtered, f := saying("Mo")
	limited, l := saying("Move")
	failing, x := saying("Mo")
	many := [2]string{multiByteText[:6], multiByteText[6:]}
	split, m := saying(many[:]...)
	s := openAISpeaker("openai-responses")
	for name, says := range map[string]utterance{
		"good stream": {pieces: whole},
		"good document": {header: map[string]string{"Content-Type": "application/json"}, pieces: []string{
			`{"id":"resp_1","object":"response","model":"m","status":"completed","error":null,"incomplete_details":null,"output":[{"id":"rs_1","type":"reasoning","summary":[]},` + responsesMessage + `]` + responsesUsage + `}`}},
		"split at every byte": {pieces: whole, bytes: true},
		"multi-byte text":     {pieces: all(split, []string{m.event("response.completed", response("completed", `,"output":[]`))}), bytes: true},
		"keep-alive noise":    {pieces: noise},
		"usage absent":        {pieces: stream(`,"usage":null`)},
		"reasoning":           {pieces: reasoned, pause: 5 * ms},
		"tool call":           {pieces: all(calling.begin(), calling.call())},
		"content filter":      {pieces: append(filtered, f.event("response.incomplete", response("incomplete", `,"incomplete_details":{"reason":"content_filter"}`+responsesUsage)))},
		"length limit":        {pieces: append(limited, l.event("response.incomplete", response("incomplete", `,"incomplete_details":{"reason":"max_output_tokens"}`+responsesUsage)))},
		"clean early end":     {pieces: early},
		"cut":                 {pieces: early, cut: true},
		"error inside a 200":  {pieces: append(failing, x.event("error", `"code":"server_error","message":"engine died","param":null`))},
		"event too large":     {pieces: []string{"event: response.output_text.delta\n", `data: {"type":"response.output_text.delta","delta":"` + strings.Repeat("x", 2<<20)}},
		"endless stream":      {pieces: []string{x.event("response.output_text.delta", `"output_index":0,"delta":"`+strings.Repeat("word ", 4000)+`"`)}, forever: true},
	} {
		s.says[name] = says
	}
	return s
}
