package targets

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"
)

func init() { speakers = append(speakers, bedrockSpeaker()) }

// amazonMessage is one of AWS's binary messages, as its own encoder writes it.
func amazonMessage(kind, name, payload string) string {
	headers := eventstream.Headers{}
	header := map[string]string{eventstreamapi.EventMessageType: eventstreamapi.EventTypeHeader,
		eventstreamapi.ExceptionMessageType: eventstreamapi.ExceptionTypeHeader}[kind]
	headers.Set(header, eventstream.StringValue(name))
	headers.Set(":content-type", eventstream.StringValue("application/json"))
	headers.Set(eventstreamapi.MessageTypeHeader, eventstream.StringValue(kind))
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, eventstream.Message{Headers: headers, Payload: []byte(payload)}); err != nil {
		panic(err) // of this test's own making
	}
	return b.String()
}

func bedrockEvent(name, payload string) string { return amazonMessage("event", name, payload) }

// bedrockSpeaker speaks Converse. Events have padding of varying length, as Bedrock's do.
func bedrockSpeaker() *speaker {
	delta := func(d string) string {
		return bedrockEvent("contentBlockDelta", `{"contentBlockIndex":0,"delta":`+d+`,"p":"`+strings.Repeat("a", len(d)%8)+`"}`)
	}
	content := func(text string) string { return delta(`{"text":"` + text + `"}`) }
	stop := func(reason string) string { return bedrockEvent("messageStop", `{"stopReason":"`+reason+`"}`) }
	begin, end := bedrockEvent("messageStart", `{"role":"assistant"}`), bedrockEvent("contentBlockStop", `{"contentBlockIndex":0}`)
	usage := `"usage":{"inputTokens":5,"outputTokens":4,"totalTokens":11,"cacheReadInputTokens":2,"cacheWriteInputTokens":0}`
	meta := bedrockEvent("metadata", `{`+usage+`,"metrics":{"latencyMs":412}}`)
	words := []string{begin}
	for _, w := range goodWords {
		words = append(words, content(w))
	}
	with := func(last ...string) []string { return append(append([]string{}, words...), last...) }
	whole := with(end, stop("end_turn"), meta)
	noise := []string{bedrockEvent("initial-response", "{}")}
	for _, p := range whole {
		noise = append(noise, p, bedrockEvent("somethingNew", `{"x":1}`))
	}
	refuse := func(status int, kind, message string) utterance {
		return utterance{status: status, header: map[string]string{"Content-Type": "application/json", "Retry-After": "3",
			"X-Amzn-ErrorType": kind + ":http://internal.amazon.com/coral/com.amazon.bedrock/"}, pieces: []string{`{"message":"` + message + `"}`}}
	}
	thought := bedrockEvent("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"`+reasoningText+`"}}}`) +
		bedrockEvent("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}}`)
	call := bedrockEvent("contentBlockStart", `{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"tooluse_1","name":"switch"}}}`) +
		bedrockEvent("contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"to\":"}}}`) +
		bedrockEvent("contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"\"spare\"}"}}}`) +
		bedrockEvent("contentBlockStop", `{"contentBlockIndex":1}`)
	document := map[string]string{"Content-Type": "application/json"}
	return &speaker{
		protocol: "bedrock",
		spec:     specFor("bedrock", ""),
		content:  "application/vnd.amazon.eventstream",
		bare:     []string{"model"},
		says: map[string]utterance{
			"good stream": {pieces: whole},
			"good document": {header: document, pieces: []string{
				`{"output":{"message":{"role":"assistant","content":[{"text":"` + goodText + `"}]}},"stopReason":"end_turn",` + usage + `,"metrics":{"latencyMs":412}}`}},
			"split at every byte": {pieces: whole, bytes: true},
			"multi-byte text":     {pieces: []string{begin, content(multiByteText[:6]), content(multiByteText[6:]) + stop("end_turn") + meta}, bytes: true},
			"keep-alive noise":    {pieces: noise},
			"usage absent":        {pieces: with(end, stop("end_turn"), bedrockEvent("metadata", `{"metrics":{"latencyMs":412}}`))},
			"reasoning":           {pieces: append([]string{begin, thought}, whole[1:]...), pause: 5 * ms},
			"tool call":           {pieces: []string{begin, call, stop("tool_use"), meta}},
			"content filter":      {pieces: []string{begin, content("Mo"), end, stop("guardrail_intervened"), meta}},
			"length limit":        {pieces: []string{begin, content("Move"), end, stop("max_tokens"), meta}},
			"clean early end":     {pieces: words[:3]},
			"cut":                 {pieces: append(append([]string{}, words[:3]...), words[3][:40]), cut: true},
			"error inside a 200": {pieces: []string{begin, content("Mo"),
				amazonMessage("exception", "modelStreamErrorException", `{"message":"the model died","originalStatusCode":500}`)}},
			"event too large":     {pieces: []string{begin, hugeFrame(content(strings.Repeat("x", 2<<20)))}},
			"endless stream":      {pieces: []string{begin, content(strings.Repeat("word ", 4000))}, forever: true},
			"not the protocol":    {header: map[string]string{"Content-Type": "text/html"}, pieces: []string{"<html><title>Welcome</title></html>"}},
			"error: auth":         refuse(403, "UnrecognizedClientException", "The security token included in the request is invalid."),
			"error: quota":        refuse(400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account."),
			"error: rate_limited": refuse(429, "ThrottlingException", "Too many requests, please wait before trying again."),
			"error: overloaded":   refuse(429, "ModelNotReadyException", "Model is not ready for inference."),
			"error: not_found":    refuse(404, "ResourceNotFoundException", "This model version has reached the end of its life."),
			"error: bad_request":  refuse(400, "ValidationException", "A conversation must start with a user message."),
			"error: too_large":    refuse(400, "ValidationException", "Input is too long for requested model."),
			"error: server":       refuse(424, "ModelErrorException", "The model could not process the request."),
		},
	}
}

// hugeFrame is the beginning of a message that is larger than any may be.
func hugeFrame(message string) string { return message[:64<<10] }

// The server's own time and its cache counts are recorded beside ours.
func TestBedrockRecordsWhatTheServerCounted(t *testing.T) {
	s := bedrockSpeaker()
	rec := askVector(t, s, s.says["good stream"])
	if rec.CacheReadTokens.Or(-1) != 2 || rec.InputTokens.Or(-1) != 5 {
		t.Errorf("%v tokens read from a cache, %v beside: want 2 and 5", rec.CacheReadTokens, rec.InputTokens)
	}
	if rec.Timings == nil || rec.Timings.Total != int64(412*ms) {
		t.Errorf("the server's own time is %+v, want 412 ms", rec.Timings)
	}
}
