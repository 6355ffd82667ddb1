package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"switchover/targets/chat"
)

// Decoder reads the body of one 2xx response.
func (TencentTC3) Decoder(resp *http.Response) Decoder {
	return newDecoder(resp, &tc3Answers{retryAfter: retryAfter(resp.Header)})
}

// tc3Answers reads the answers of Tencent Cloud's ChatCompletions.
type tc3Answers struct {
	retryAfter time.Duration // of a response that is an error, though a 200
}

var tc3Traits = traits{answer: "an answer of Tencent Cloud's ChatCompletions", reason: "FinishReason", frame: frameSSE, look: lookTC3}

func (*tc3Answers) traits() *traits { return &tc3Traits }

// lookTC3 finds what may be an error: a member Error or ErrorMsg that is not null, or
// what is no object. It may be wrong: then an event is only decoded sooner.
func lookTC3(name string, data []byte) urgency {
	if name == "error" || data[0] != '{' || data[len(data)-1] != '}' {
		return now
	}
	for {
		i := bytes.Index(data, []byte(`"Error`))
		if i < 0 {
			return later
		}
		data = bytes.TrimPrefix(data[i+len(`"Error`):], []byte("Msg"))
		if !bytes.HasPrefix(data, []byte(`":null`)) {
			return now
		}
	}
}

// tc3Event is an event, or what a document holds as its Response.
type tc3Event struct {
	Choices []struct {
		Index        int
		FinishReason string
		Delta        tc3Message // in an event
		Message      tc3Message // in a document
	}
	Usage *struct {
		PromptTokens, CompletionTokens, TotalTokens *int
	}
	ErrorMsg *struct { // of an answer that has begun
		Msg  string
		Code json.RawMessage
	}
	Error *tc3Error // of one that has not
}

type tc3Error struct{ Code, Message string }

// tc3Wrapped is how documents come, and how errors do in place of a stream.
type tc3Wrapped struct {
	tc3Event
	Response *tc3Event
}

// decode decodes an event or a document, wrapped or not.
func (e *tc3Event) decode(data []byte) error {
	var w tc3Wrapped
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	if *e = w.tc3Event; w.Response != nil {
		*e = *w.Response
	}
	return nil
}

func (o *tc3Answers) event(a *answer, e *event) error {
	if string(e.data) == doneMark { // some gateways end streams so; the body's own end still has to come
		return nil
	}
	var said tc3Event
	if err := said.decode(e.data); err != nil {
		return fmt.Errorf("an event is no part of an answer: %s: %s", jsonProblem(err), e.data)
	}
	return o.take(a, &said)
}

func (o *tc3Answers) document(a *answer, data []byte) error {
	var said tc3Event
	if err := said.decode(data); err != nil {
		return fmt.Errorf("the response is no answer: %s: %s", jsonProblem(err), data)
	}
	if len(said.Choices) == 0 && said.Error == nil && said.ErrorMsg == nil {
		return fmt.Errorf("the response has no Choices: %s", data)
	}
	return o.take(a, &said)
}

func (o *tc3Answers) take(a *answer, e *tc3Event) error {
	switch {
	case e.Error != nil && a.chunks == 0:
		f := e.Error.failure("the server refused the request")
		f.RetryAfter = o.retryAfter
		return f
	case e.Error != nil:
		f := inside(openAIError{message: e.Error.Message, code: e.Error.Code})
		if class := e.Error.failure("").Class; class.Quarantines() {
			f.Class = class
		}
		return f
	case e.ErrorMsg != nil:
		return inside(openAIError{message: e.ErrorMsg.Msg, code: loose(e.ErrorMsg.Code)})
	}
	if u := e.usage(); u != nil {
		a.usage = u // counts so far: the newest has all
		a.tally.usage(a.at, len(e.Choices) > 0)
	}
	before := a.chunks
	for i := range e.Choices {
		c := &e.Choices[i]
		if c.Index != 0 {
			continue
		}
		for _, part := range []*tc3Message{&c.Delta, &c.Message} {
			if err := part.take(a); err != nil {
				return err
			}
		}
		if c.FinishReason != "" {
			a.finish = tc3Finish(c.FinishReason)
		}
	}
	if len(e.Choices) > 0 {
		a.tally.event(a.at, a.chunks > before)
	}
	return nil
}

// take takes what a message adds to the answer.
func (m *tc3Message) take(a *answer) error {
	if err := a.add(Reasoning, m.ReasoningContent); err != nil {
		return err
	}
	if err := a.add(Content, m.Content); err != nil {
		return err
	}
	var arguments strings.Builder
	for i := range m.ToolCalls {
		c := &m.ToolCalls[i]
		call, err := a.call(c.Index, c.ID, c.Function.Name)
		if err != nil {
			return err
		}
		call.arguments = append(call.arguments, c.Function.Arguments...)
		arguments.WriteString(c.Function.Arguments)
	}
	return a.add(ToolCall, arguments.String())
}

// tc3Finish is a FinishReason in our words: sensitive is the provider's moderation.
func tc3Finish(reason string) chat.Finish {
	if reason == "sensitive" {
		return chat.FinishContentFilter
	}
	return chat.Finish(reason)
}

// usage is the event's counts; nil where it has none to believe. Tencent Cloud says
// nothing of a cache, nor of how much was reasoning.
func (e *tc3Event) usage() *chat.Usage {
	if e.Usage == nil {
		return nil
	}
	u := openAIUsage{Prompt: e.Usage.PromptTokens, Completion: e.Usage.CompletionTokens, Total: e.Usage.TotalTokens}
	if !u.possible() {
		return nil
	}
	return &chat.Usage{Input: u.Prompt, Output: u.Completion}
}

// String is the error in one line.
func (e *tc3Error) String() string { return openAIError{message: e.Message, code: e.Code}.String() }

// tc3Classes are what Tencent Cloud's error codes mean, tried in order.
//
// Sources: https://cloud.tencent.com/document/api/1729/101844 and, for the codes of
// every product, https://www.tencentcloud.com/document/api/1284/75541.
var tc3Classes = []struct {
	code  *regexp.Regexp
	class chat.Class
}{
	{regexp.MustCompile(`^(AuthFailure|UnauthorizedOperation|InvalidCredential)|ServiceNotActivated|UserUnAuthError|PartnerAccountUnSupport`), chat.Auth},
	{regexp.MustCompile(`Exhaust|Arrears|LowBalance|StopUsing|ServiceStop|ResourceUnavailable\.NotExist`), chat.Quota},
	{regexp.MustCompile(`^RequestLimitExceeded|^LimitExceeded|EngineServerLimitExceeded`), chat.RateLimited},
	{regexp.MustCompile(`IllegalDetected`), chat.ContentFilter},
	{regexp.MustCompile(`^InvalidParameterValue\.Model|^ResourceNotFound|^InvalidAction|^NoSuchVersion|^NoSuchProduct`), chat.NotFound},
	{regexp.MustCompile(`^RequestSizeLimitExceeded`), chat.TooLarge},
	{regexp.MustCompile(`^ServiceUnavailable|^ResourceInsufficient|^ResourceUnavailable`), chat.Overloaded},
	{regexp.MustCompile(`^InternalError|^FailedOperation`), chat.Server},
}

// failure is a refusal, with what was said before it.
func (e *tc3Error) failure(before string) *chat.Failure {
	f := &chat.Failure{Class: chat.BadRequest, Message: before}
	if text := e.String(); text != "" {
		f.Message += ": " + text
	}
	for _, c := range tc3Classes {
		if c.code.MatchString(e.Code) {
			f.Class = c.class
			return f
		}
	}
	f.Class = refine(f.Class, openAIError{message: e.Message})
	return f
}

// Failure classifies a response that is not 2xx: a gateway's, mostly, since Tencent
// Cloud's own errors are a 200.
func (TencentTC3) Failure(status int, header http.Header, body []byte) *chat.Failure {
	var said tc3Event
	if said.decode(body) != nil || said.Error == nil {
		return OpenAI{}.Failure(status, header, body)
	}
	f := said.Error.failure(statusLine(status))
	if f.Class == chat.BadRequest {
		f.Class = classOf(status)
	}
	f.RetryAfter = retryAfter(header)
	return f
}
