package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"

	"switchover/targets/chat"
)

// bedrock is AWS Bedrock's Converse: POST /model/{model}/converse-stream, answered by
// AWS's binary messages, or .../converse, answered by one document. Signatures are
// not looked at. Source:
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
type bedrock struct{ streaming bool }

func (bedrock) name() string { return "bedrock" }

// bedrockBlock is the part of a content block that says something.
type bedrockBlock struct {
	Text   string `json:"text"`
	Result *struct {
		Content []struct {
			Text string `json:"text"`
		} `json:"content"`
	} `json:"toolResult"`
}

func (b bedrock) read(r *http.Request, body []byte) (*request, error) {
	var in struct {
		Messages []struct {
			Role    chat.Role      `json:"role"`
			Content []bedrockBlock `json:"content"`
		} `json:"messages"`
		System []bedrockBlock `json:"system"`
		Config struct {
			MaxTokens *int     `json:"maxTokens"`
			Stop      []string `json:"stopSequences"`
		} `json:"inferenceConfig"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, badRequest("the request is not a Converse request: %v", err)
	}
	req := &request{model: r.PathValue("model"), stream: b.streaming, usage: true, limits: limits{stop: in.Config.Stop}}
	if most := in.Config.MaxTokens; most != nil {
		if req.limits.most = *most; *most < 1 {
			return nil, badRequest("inferenceConfig.maxTokens is %d: it is at least 1", *most)
		}
	}
	if system := bedrockTexts(in.System); system != "" {
		req.conversation = append(req.conversation, chat.Message{Role: chat.System, Content: system})
	}
	if len(in.Messages) == 0 {
		return nil, badRequest("messages is empty")
	}
	// A conversation begins with the user, and roles alternate.
	want := chat.User
	for i, m := range in.Messages {
		if m.Role != want {
			return nil, badRequest("messages[%d].role is %.50q: roles alternate, and the first is user's", i, m.Role)
		}
		if len(m.Content) == 0 {
			return nil, badRequest("messages[%d].content is empty", i)
		}
		for _, block := range m.Content {
			if block.Result != nil {
				var said []string
				for _, c := range block.Result.Content {
					said = append(said, c.Text)
				}
				req.conversation = append(req.conversation, chat.Message{Role: chat.ToolRole, Content: texts(said)})
			}
		}
		if text := bedrockTexts(m.Content); text != "" {
			req.conversation = append(req.conversation, chat.Message{Role: m.Role, Content: text})
		}
		if want = chat.Assistant; m.Role == chat.Assistant {
			want = chat.User
		}
	}
	return req, nil
}

func bedrockTexts(blocks []bedrockBlock) string {
	var said []string
	for _, b := range blocks {
		if b.Text != "" {
			said = append(said, b.Text)
		}
	}
	return texts(said)
}

// bedrockErrors are the status and name of each problem.
var bedrockErrors = [problems]struct {
	status int
	kind   string
}{
	invalid:      {http.StatusBadRequest, "ValidationException"},
	unknownModel: {http.StatusNotFound, "ResourceNotFoundException"},
	unknownURL:   {http.StatusNotFound, "UnknownOperationException"},
	tooLarge:     {http.StatusBadRequest, "ValidationException"},
	rateLimited:  {http.StatusTooManyRequests, "ThrottlingException"},
	serverError:  {http.StatusInternalServerError, "InternalServerException"},
	overloaded:   {http.StatusServiceUnavailable, "ServiceUnavailableException"},
	closing:      {http.StatusServiceUnavailable, "ServiceUnavailableException"},
}

type bedrockFailure struct {
	Message  string `json:"message"`
	Original int    `json:"originalStatusCode,omitempty"`
}

func (bedrock) refuse(w http.ResponseWriter, r *refusal) int {
	r.askToWait(w.Header())
	e := bedrockErrors[r.problem]
	w.Header().Set("X-Amzn-Errortype", e.kind)
	return writeJSON(w, e.status, bedrockFailure{Message: r.said()})
}

func (bedrock) failed() any { return bedrockFailure{engineFailed, http.StatusInternalServerError} }

// id is also the request's, in its header: the answer itself has no place for one.
func (bedrock) id(n uint64) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", n>>32, n&(1<<32-1))
}

func bedrockReason(end ending) string {
	reason, _ := anthropicReason(end)
	return reason // the words are Anthropic's
}

type bedrockUsage struct {
	Input  int `json:"inputTokens"`
	Output int `json:"outputTokens"`
	Total  int `json:"totalTokens"`
}

type bedrockMetrics struct {
	Latency int64 `json:"latencyMs"`
}

// bedrockMetadata is what is counted of an answer.
type bedrockMetadata struct {
	Usage   bedrockUsage   `json:"usage"`
	Metrics bedrockMetrics `json:"metrics"`
}

func newBedrockMetadata(x *exchange) bedrockMetadata {
	return bedrockMetadata{bedrockUsage{x.input, len(x.pieces), x.input + len(x.pieces)}, bedrockMetrics{time.Since(x.arrived).Milliseconds()}}
}

func (bedrock) whole(x *exchange, text string, finish chat.Finish) any {
	x.w.Header().Set("X-Amzn-Requestid", x.id)
	type block struct {
		Text string `json:"text"`
	}
	type message struct {
		Role    chat.Role `json:"role"`
		Content []block   `json:"content"`
	}
	var out struct {
		Output struct {
			Message message `json:"message"`
		} `json:"output"`
		StopReason string `json:"stopReason,omitempty"`
		bedrockMetadata
	}
	out.Output.Message = message{chat.Assistant, []block{{text}}}
	if finish != "" {
		out.StopReason = bedrockReason(x.end)
	}
	out.bedrockMetadata = newBedrockMetadata(x)
	return out
}

// bedrockEvents writes the messages of one stream.
type bedrockEvents struct {
	x       *exchange
	encoder *eventstream.Encoder
}

func (bedrock) stream(x *exchange) events {
	x.w.Header().Set("X-Amzn-Requestid", x.id)
	return &bedrockEvents{x, eventstream.NewEncoder()}
}

func (e *bedrockEvents) media() string { return "application/vnd.amazon.eventstream" }

func (e *bedrockEvents) event(name string, payload []byte) []byte {
	return e.message(eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, name, payload)
}

func (e *bedrockEvents) message(kind, header, name string, payload []byte) []byte {
	m := eventstream.Message{Payload: payload}
	m.Headers.Set(header, eventstream.StringValue(name))
	m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	m.Headers.Set(eventstreamapi.MessageTypeHeader, eventstream.StringValue(kind))
	var b bytes.Buffer
	if err := e.encoder.Encode(&b, m); err != nil {
		return nil // a token is far below what a message holds
	}
	return b.Bytes()
}

func (e *bedrockEvents) begin() []byte {
	return e.event("messageStart", []byte(`{"role":"assistant"}`))
}

func (e *bedrockEvents) token(piece string) []byte {
	return e.event("contentBlockDelta", fmt.Appendf(nil, `{"contentBlockIndex":0,"delta":{"text":%s}}`, quoted(piece)))
}

func (e *bedrockEvents) broken() []byte {
	return e.event("contentBlockDelta", []byte(`{"contentBlockIndex":0,"delta":{"te`))
}

func (e *bedrockEvents) failed() []byte {
	return e.message(eventstreamapi.ExceptionMessageType, eventstreamapi.ExceptionTypeHeader, "modelStreamErrorException", marshalled(bedrock{}.failed()))
}

func (e *bedrockEvents) end() []byte {
	out := e.event("contentBlockStop", []byte(`{"contentBlockIndex":0}`))
	out = append(out, e.event("messageStop", fmt.Appendf(nil, `{"stopReason":%q}`, bedrockReason(e.x.end)))...)
	return append(out, e.event("metadata", marshalled(newBedrockMetadata(e.x)))...)
}
