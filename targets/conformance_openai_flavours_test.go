package targets

import (
	"context"
	"testing"
	"time"

	oaisdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func init() {
	speakers = append(speakers, azureSpeaker(), deepSeekSpeaker(), mistralSpeaker(), openAISpeaker("tencent"))
}

// refusedWith is an error's answer with a body of JSON.
func refusedWith(status int, body string) utterance {
	return utterance{status: status, header: map[string]string{"Content-Type": "application/json", "Retry-After": "3"}, pieces: []string{body}}
}

// azureSpeaker speaks chat completions as Azure does: an event without choices first,
// and what its filter found beside each choice.
func azureSpeaker() *speaker {
	s := openAISpeaker("azure")
	s.spec = func(t *testing.T, base string) Spec {
		spec := specFor("azure", "")(t, base)
		spec.Endpoint.APIVersion = "2024-10-21"
		return spec
	}
	prompt := sse(`{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}`)
	filter := sse(`{"choices":[{"content_filter_offsets":{"check_offset":44,"start_offset":44,"end_offset":198},"content_filter_results":{"error":{"code":"content_filter_error","message":"The contents are not filtered"}},"finish_reason":null,"index":0}],"created":0,"id":"","model":"","object":""}`)
	for _, name := range []string{"good stream", "split at every byte", "keep-alive noise", "reasoning", "tool call", "usage absent"} {
		says := s.says[name]
		n := len(says.pieces) - 1
		says.pieces = append(append(append([]string{prompt}, says.pieces[:n]...), filter), says.pieces[n])
		s.says[name] = says
	}
	s.says["error: auth"] = refusedWith(401, `{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}`)
	s.says["error: not_found"] = refusedWith(404, `{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}`)
	limited := refusedWith(429, `{"error":{"code":"429","message":"Requests have exceeded the token rate limit."}}`)
	limited.header = map[string]string{"Content-Type": "application/json", "Retry-After": "9", "x-ms-retry-after-ms": "3000"}
	s.says["error: rate_limited"] = limited
	return s
}

// deepSeekSpeaker speaks chat completions as DeepSeek does: with its own names for what
// came from the cache, and with empty lines while a request waits.
func deepSeekSpeaker() *speaker {
	s := openAISpeaker("deepseek")
	s.spec = specFor("deepseek", "")
	const usage = `"usage":{"prompt_tokens":7,"completion_tokens":4,"total_tokens":11,"prompt_cache_hit_tokens":2,"prompt_cache_miss_tokens":5}`
	s.says["good document"] = utterance{header: map[string]string{"Content-Type": "application/json"}, pieces: []string{"\n", "\n\n", "\n",
		`{"id":"d","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` + goodText + `"},"finish_reason":"stop"}],` + usage + `}`}}
	good := s.says["good stream"]
	words := good.pieces[:len(good.pieces)-3]
	last := sse(`{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],` + usage + `}`)
	good.pieces = append(append([]string{}, words...), last, sse("[DONE]"))
	s.says["good stream"] = good
	s.says["keep-alive noise"] = utterance{pieces: append([]string{"\n\n", ": keep-alive\n\n", "\n", ": keep-alive\n\n"}, good.pieces...)}
	s.says["error: quota"] = refusedWith(402, `{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}`)
	s.says["error: not_found"] = refusedWith(400, `{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`)
	s.says["error: bad_request"] = refusedWith(422, `{"error":{"message":"Failed to deserialize the JSON body into the target type","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`)
	return s
}

// mistralSpeaker speaks chat completions as Mistral does: content in typed parts where a
// model thinks, usage in the last event, and errors without an object around them.
func mistralSpeaker() *speaker {
	s := openAISpeaker("mistral")
	chunk := func(delta, finish, more string) string {
		return sse(`{"id":"c","object":"chat.completion.chunk","created":1795428000,"model":"m","choices":[{"index":0,"delta":` + delta + `,"finish_reason":` + finish + `}]` + more + `}`)
	}
	content := func(text string) string { return chunk(`{"content":"`+text+`"}`, "null", "") }
	end := func(reason string) string {
		return chunk(`{"content":""}`, `"`+reason+`"`, `,"usage":{"prompt_tokens":7,"total_tokens":11,"completion_tokens":4}`) + sse("[DONE]")
	}
	words := []string{chunk(`{"role":"assistant","content":""}`, "null", "")}
	for _, w := range goodWords {
		words = append(words, content(w))
	}
	good := append(append([]string{}, words...), end("stop"))
	thinking := func(text string) string {
		return chunk(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"`+text+`"}]}]}`, "null", "")
	}
	s.says["good stream"] = utterance{pieces: good}
	s.says["split at every byte"] = utterance{pieces: good, bytes: true}
	s.says["good document"] = utterance{header: map[string]string{"Content-Type": "application/json"}, pieces: []string{
		`{"id":"c","object":"chat.completion","model":"m","usage":{"prompt_tokens":7,"total_tokens":11,"completion_tokens":4},"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","tool_calls":null,"content":[{"type":"text","text":"` + goodText + `"}]}}]}`}}
	s.says["reasoning"] = utterance{pieces: append([]string{words[0], thinking(reasoningText)}, good[1:]...), pause: 5 * ms}
	s.says["tool call"] = utterance{pieces: []string{words[0],
		chunk(`{"content":"","tool_calls":[{"id":"D681PevKs","function":{"name":"switch","arguments":"{\"to\":\"spare\"}"},"index":0}]}`, `"tool_calls"`, `,"usage":{"prompt_tokens":7,"total_tokens":11,"completion_tokens":4}`), sse("[DONE]")}}
	s.says["length limit"] = utterance{pieces: []string{content("Move"), end("model_length")}}
	s.says["error inside a 200"] = utterance{pieces: []string{content("Mo"), end("error")}}
	s.says["error: auth"] = refusedWith(401, `{"message":"Unauthorized","request_id":"r"}`)
	s.says["error: quota"] = refusedWith(402, `{"detail":"Payment required"}`)
	s.says["error: rate_limited"] = refusedWith(429, `{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}`)
	s.says["error: not_found"] = refusedWith(400, `{"object":"error","message":"Invalid model: m","type":"invalid_model","param":null,"code":"1500"}`)
	s.says["error: bad_request"] = refusedWith(422, `{"detail":[{"type":"less_than_equal","loc":["body","temperature"],"msg":"Input should be less than or equal to 1.5","input":3}]}`)
	s.says["error: too_large"] = refusedWith(400, `{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt","param":null,"code":"3051"}`)
	s.says["error: server"] = refusedWith(500, `{"object":"error","message":"Service unavailable.","type":"internal_server_error","param":null,"code":"1000"}`)
	return s
}

// OpenAI's own client understands these vendors' answers as this tool does. Mistral's
// are not among them: that client knows content as text alone.
func TestFlavoursAreReadAsOpenAIsOwnClientReadsThem(t *testing.T) {
	for _, s := range []*speaker{azureSpeaker(), deepSeekSpeaker(), openAISpeaker("tencent")} {
		for _, vector := range []string{"good stream", "good document", "split at every byte", "keep-alive noise", "tool call", "length limit"} {
			t.Run(s.protocol+"/"+vector, func(t *testing.T) {
				v := s.says[vector]
				client := oaisdk.NewClient(option.WithBaseURL(speak(t, s, v)), option.WithAPIKey(canary), option.WithMaxRetries(0))
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				theirs, err := listenToChat(ctx, &client, v.header["Content-Type"] == "application/json")
				if err != nil {
					t.Fatal(err)
				}
				rec := askVector(t, s, v)
				if rec.Text != theirs.text || string(rec.Finish) != theirs.finish || len(rec.ToolCalls) != len(theirs.calls) {
					t.Errorf("%q, %s, %v; its own client reads %+v", rec.Text, rec.Finish, rec.ToolCalls, theirs)
				}
				if read := rec.InputTokens.Or(0) + rec.CacheReadTokens.Or(0); int64(read) != theirs.input || int64(rec.OutputTokens.Or(0)) != theirs.output {
					t.Errorf("read %d, wrote %v; its own client counts %+v", read, rec.OutputTokens, theirs)
				}
			})
		}
	}
}
