package targets

import (
	"encoding/json"
	"strings"
	"testing"

	"switchover/targets/secret"
)

func init() { speakers = append(speakers, tc3Speaker()) }

// tc3Speaker speaks Tencent Cloud's own ChatCompletions: each event has the counts so
// far, errors are a 200 with a document, and nothing marks a stream's end.
func tc3Speaker() *speaker {
	const usage = `,"Usage":{"PromptTokens":7,"CompletionTokens":4,"TotalTokens":11}`
	delta := func(d, finish, more string) string {
		return sse(`{"Note":"Made by AI","Choices":[{"Delta":{` + d + `},"FinishReason":"` + finish + `","Index":0}],"Created":1795428000,"Id":"i"` + more + `}`)
	}
	content := func(text string) string { return delta(`"Role":"assistant","Content":"`+text+`"`, "", usage) }
	words, bare := []string{}, []string{}
	for _, w := range goodWords {
		words = append(words, content(w))
		bare = append(bare, delta(`"Content":"`+w+`"`, "", ""))
	}
	stop := delta(`"Content":""`, "stop", usage)
	whole := append(append([]string{}, words...), stop)
	noise := []string{"\n\n", ": keep-alive\n\n"}
	for _, p := range whole {
		noise = append(noise, p, ": keep-alive\n\n", sse(""))
	}
	refuse := func(code, message string) utterance {
		return utterance{header: map[string]string{"Content-Type": "application/json", "Retry-After": "3"},
			pieces: []string{`{"Response":{"Error":{"Code":"` + code + `","Message":"` + message + `"},"RequestId":"r"}}`}}
	}
	call := func(d string) string { return delta(`"Role":"assistant","Content":"","ToolCalls":[`+d+`]`, "", "") }
	spec := specFor("tencent-tc3", "")
	return &speaker{
		protocol: "tencent-tc3",
		spec: func(t *testing.T, base string) Spec {
			s := spec(t, base)
			s.Endpoint.KeyID = secret.New("AKIDexample")
			return s
		},
		content: "text/event-stream",
		says: map[string]utterance{
			"good stream": {pieces: whole},
			"good document": {header: map[string]string{"Content-Type": "application/json"}, pieces: []string{
				`{"Response":{"RequestId":"r","Note":"Made by AI","Choices":[{"Index":0,"Message":{"Role":"assistant","Content":"` + goodText + `"},"FinishReason":"stop"}]` + usage + `}}`}},
			"split at every byte": {pieces: whole, bytes: true},
			"multi-byte text":     {pieces: []string{content(multiByteText[:6]), content(multiByteText[6:]) + stop}, bytes: true},
			"keep-alive noise":    {pieces: noise},
			"usage absent":        {pieces: append(bare, delta(`"Content":""`, "stop", ""))},
			"reasoning":           {pieces: append([]string{delta(`"ReasoningContent":"`+reasoningText+`"`, "", usage)}, whole...), pause: 5 * ms},
			"tool call": {pieces: []string{call(`{"Id":"call_1","Type":"function","Index":0,"Function":{"Name":"switch","Arguments":""}}`),
				call(`{"Id":"call_1","Type":"function","Index":0,"Function":{"Name":"","Arguments":"{\"to\":"}}`),
				call(`{"Id":"call_1","Type":"function","Index":0,"Function":{"Name":"","Arguments":"\"spare\"}"}}`), delta(`"Content":""`, "tool_calls", usage)}},
			"content filter":      {pieces: []string{content("Mo"), delta(`"Content":""`, "sensitive", usage)}},
			"length limit":        {pieces: []string{content("Move"), delta(`"Content":""`, "length", usage)}},
			"clean early end":     {pieces: words[:2]},
			"cut":                 {pieces: words[:2], cut: true},
			"error inside a 200":  {pieces: []string{content("Mo"), sse(`{"Choices":[],"ErrorMsg":{"Msg":"the model timed out","Code":4001}}`)}},
			"event too large":     {pieces: []string{content("Mo"), `data: {"Choices":[{"Delta":{"Content":"` + strings.Repeat("x", 2<<20)}},
			"endless stream":      {pieces: []string{content(strings.Repeat("word ", 4000))}, forever: true},
			"not the protocol":    {header: map[string]string{"Content-Type": "text/html"}, pieces: []string{"<html><title>Welcome</title></html>"}},
			"error: auth":         refuse("AuthFailure.SignatureFailure", "The provided credentials could not be validated."),
			"error: quota":        refuse("FailedOperation.ResourcePackExhausted", "The resource pack is used up."),
			"error: rate_limited": refuse("RequestLimitExceeded", "More than 20 requests a second."),
			"error: overloaded":   refuse("ServiceUnavailable", "The service is unavailable."),
			"error: not_found":    refuse("InvalidParameterValue.Model", "The model does not exist."),
			"error: bad_request":  refuse("InvalidParameter", "Temperature has to be from 0 to 2."),
			"error: too_large":    refuse("RequestSizeLimitExceeded", "The request is larger than 10 MB."),
			"error: server":       refuse("InternalError", "An internal error occurred."),
		},
	}
}

// Neither half of a signing key, nor the session it belongs to, is kept where a server
// says it again.
func TestSigningKeysAreHidden(t *testing.T) {
	s := tc3Speaker()
	usual := s.spec
	s.spec = func(t *testing.T, base string) Spec {
		spec := usual(t, base)
		spec.Endpoint.Session = secret.New("session-token-example")
		return spec
	}
	for _, v := range []utterance{
		{header: map[string]string{"Content-Type": "application/json"},
			pieces: []string{`{"Response":{"Error":{"Code":"AuthFailure","Message":"` + canary + ` of AKIDexample in session-token-example"}}}`}},
		{pieces: []string{sse(`{"Choices":[{"Delta":{"Content":"` + canary + ` AKIDexample session-token-example"},"FinishReason":"stop"}]}`)}},
	} {
		text, err := json.Marshal(askVector(t, s, v))
		if err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{canary, "AKIDexample", "session-token-example"} {
			if strings.Contains(string(text), hidden) {
				t.Errorf("%s is kept: %s", hidden, text)
			}
		}
	}
}
