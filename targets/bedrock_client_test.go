package targets

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/secret"
	"switchover/targets/wire"
)

// ownBody sends a copy of a request's body. AWS's client closes the body as soon as the
// response has begun, which a server on this machine may do before net/http has seen the
// body's end: the connection is then closed in the middle of the response.
type ownBody struct{}

func (ownBody) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

// bedrockClient is AWS's own client of a server.
func bedrockClient(base string) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{Region: "eu-central-1", BaseEndpoint: aws.String(base), RetryMaxAttempts: 1, HTTPClient: &http.Client{Transport: ownBody{}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: canary}, nil
		})}, func(o *bedrockruntime.Options) { o.AuthSchemePreference = []string{"sigv4"} }) // and not a key of the developer's own environment
}

// converseHeard is what a client made of an answer.
type converseHeard struct {
	Text, Reasoning, Stop    string
	Calls                    []chat.ToolCall
	Input, CacheRead, Output int
	Latency                  int64 // ms
	ended                    bool
}

func (u *converseHeard) count(usage *types.TokenUsage) {
	if usage != nil {
		u.Input, u.CacheRead, u.Output = int(aws.ToInt32(usage.InputTokens)), int(aws.ToInt32(usage.CacheReadInputTokens)), int(aws.ToInt32(usage.OutputTokens))
	}
}

// heardByAWS bedrockAsks a speaker once with AWS's own client.
func heardByAWS(t *testing.T, s *speaker, v utterance) (converseHeard, error) {
	t.Helper()
	client := bedrockClient(speak(t, s, v))
	ctx, cancel := context.WithTimeout(t.Context(), 30*1000*ms)
	defer cancel()
	messages := []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "What now?"}}}}
	if v.header["Content-Type"] == "application/json" && v.status == 0 {
		out, err := client.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String("m"), Messages: messages})
		if err != nil {
			return converseHeard{}, err
		}
		u := converseHeard{Stop: string(out.StopReason), Latency: aws.ToInt64(out.Metrics.LatencyMs), ended: true}
		u.count(out.Usage)
		for _, b := range out.Output.(*types.ConverseOutputMemberMessage).Value.Content {
			if text, ok := b.(*types.ContentBlockMemberText); ok {
				u.Text += text.Value
			}
		}
		return u, nil
	}
	out, err := client.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String("m"), Messages: messages})
	if err != nil {
		return converseHeard{}, err
	}
	stream := out.GetStream()
	defer func() { _ = stream.Close() }()
	var u converseHeard
	for e := range stream.Events() {
		u.take(e)
	}
	return u, stream.Err()
}

func (u *converseHeard) take(e types.ConverseStreamOutput) {
	switch e := e.(type) {
	case *types.ConverseStreamOutputMemberContentBlockStart:
		if tool, ok := e.Value.Start.(*types.ContentBlockStartMemberToolUse); ok {
			u.Calls = append(u.Calls, chat.ToolCall{ID: aws.ToString(tool.Value.ToolUseId), Name: aws.ToString(tool.Value.Name)})
		}
	case *types.ConverseStreamOutputMemberContentBlockDelta:
		switch d := e.Value.Delta.(type) {
		case *types.ContentBlockDeltaMemberText:
			u.Text += d.Value
		case *types.ContentBlockDeltaMemberToolUse:
			u.Calls[len(u.Calls)-1].Arguments += aws.ToString(d.Value.Input)
		case *types.ContentBlockDeltaMemberReasoningContent:
			if text, ok := d.Value.(*types.ReasoningContentBlockDeltaMemberText); ok {
				u.Reasoning += text.Value
			}
		}
	case *types.ConverseStreamOutputMemberMessageStop:
		u.Stop = string(e.Value.StopReason)
	case *types.ConverseStreamOutputMemberMetadata:
		u.count(e.Value.Usage)
		u.Latency, u.ended = aws.ToInt64(e.Value.Metrics.LatencyMs), true
	}
}

// What AWS's own client understands of an answer, this tool understands alike; where
// that client takes a broken answer for a whole one, this tool does not.
func TestBedrockIsReadAsItsOwnClientReadsIt(t *testing.T) {
	s := bedrockSpeaker()
	for _, vector := range []string{"good stream", "good document", "split at every byte", "multi-byte text", "keep-alive noise", "reasoning", "tool call", "length limit"} {
		t.Run(vector, func(t *testing.T) {
			theirs, err := heardByAWS(t, s, s.says[vector])
			if err != nil || !theirs.ended {
				t.Fatal(theirs, err)
			}
			rec := askVector(t, s, s.says[vector])
			ours := converseHeard{Text: rec.Text, Reasoning: rec.ReasoningText, Calls: rec.ToolCalls, Latency: 0, Input: rec.InputTokens.Or(0),
				CacheRead: rec.CacheReadTokens.Or(0), Output: rec.OutputTokens.Or(0)}
			if rec.Timings != nil {
				ours.Latency = rec.Timings.Total / int64(ms)
			}
			if rec.TokenSource != results.FromUsage {
				ours.Output = 0 // counted here, where there is no usage
			}
			ours.Stop = map[chat.Finish]string{chat.FinishStop: "end_turn", chat.FinishLength: "max_tokens", chat.FinishToolCalls: "tool_use"}[rec.Finish]
			theirs.ended = false
			if diff := cmp.Diff(theirs, ours, cmp.AllowUnexported(converseHeard{})); diff != "" {
				t.Errorf("(-its own client +here):\n%s", diff)
			}
		})
	}
	for _, vector := range []string{"error inside a 200", "error: auth", "error: quota", "error: rate_limited", "error: overloaded", "error: not_found", "error: too_large", "error: server"} {
		t.Run(vector, func(t *testing.T) {
			if _, err := heardByAWS(t, s, s.says[vector]); err == nil {
				t.Error("its own client takes it for an answer")
			}
		})
	}
	for _, vector := range []string{"clean early end", "cut"} {
		t.Run(vector, func(t *testing.T) {
			if theirs, err := heardByAWS(t, s, s.says[vector]); err != nil || theirs.ended {
				t.Fatalf("its own client has learnt to tell: %v, %+v", err, theirs)
			}
			if rec := askVector(t, s, s.says[vector]); rec.Complete || rec.Error.Class != chat.Interrupted {
				t.Errorf("complete %v, error %v", rec.Complete, rec.Error)
			}
		})
	}
}

// bedrockAsked is a request as a server got it.
type bedrockAsked struct {
	path string
	body any
}

// bedrockAsks keeps what a server is bedrockAsked, which it answers with nothing.
func bedrockAsks(t *testing.T) (base string, got func() bedrockAsked) {
	var last bedrockAsked
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last.path = r.URL.EscapedPath()
		last.body = nil
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &last.body); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() bedrockAsked { return last }
}

// AWS's own client, told the same in its own types, sends the same request.
func TestBedrockIsAskedAsItsOwnClientAsksIt(t *testing.T) {
	const model = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
	base, got := bedrockAsks(t)
	_, _ = bedrockClient(base).ConverseStream(t.Context(), theirRequest(model)) // a teapot's answer
	theirs := got()
	req := ourRequest()
	r, _, err := wire.Bedrock{}.Encode(wire.Endpoint{URL: base, Model: model, Key: secret.New(canary)}, req)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if diff := cmp.Diff(theirs, got(), cmp.AllowUnexported(bedrockAsked{})); diff != "" || theirs.body == nil {
		t.Errorf("(-its own client +here):\n%s", diff)
	}
}

func ourRequest() chat.Request {
	temperature, topP, topK := 0.25, 0.5, 40
	return chat.Request{
		Messages: []chat.Message{
			{Role: chat.System, Parts: []chat.Part{{Kind: chat.TextPart, Text: "Be brief.", Cache: "1h"}}},
			{Role: chat.User, Parts: []chat.Part{{Kind: chat.TextPart, Text: "Look <here>."}, {Kind: chat.ImagePart, MediaType: "image/png", Data: "aW1n"},
				{Kind: chat.DocumentPart, MediaType: "application/pdf", Name: "notes", Data: "UERG", Citations: true}, {Kind: chat.AudioPart, MediaType: "audio/wav", Data: "c25k"}}},
			{Role: chat.Assistant, Parts: []chat.Part{{Kind: chat.ThinkingPart, Text: "Hm.", Signature: "c2ln"}, {Kind: chat.HiddenThinkingPart, Data: "aGlkZGVu"}, {Kind: chat.TextPart, Text: "I see."}},
				ToolCalls: []chat.ToolCall{{ID: "call_1", Name: "f", Arguments: `{"x":1}`}}},
			{Role: chat.ToolRole, ToolCallID: "call_1", IsError: true, Parts: []chat.Part{{Kind: chat.TextPart, Text: "no"}, {Kind: chat.ImagePart, MediaType: "image/webp", Data: "aW1n"}}},
		},
		Tools:      []chat.Tool{{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object"}`), Strict: true, Cache: "5m"}},
		ToolChoice: chat.ToolChoice{Mode: chat.ToolsAny},
		Format:     chat.Format{JSON: true, Name: "n", Schema: json.RawMessage(`{"type":"object"}`)},
		Params: chat.Params{MaxTokens: 4096, Temperature: &temperature, TopP: &topP, TopK: &topK, Stop: []string{"END"},
			Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 2048, Effort: "high"}},
		User: "u-1", ServiceTier: "priority",
	}
}

func theirRequest(model string) *bedrockruntime.ConverseStreamInput {
	point := types.CachePointBlock{Type: types.CachePointTypeDefault}
	long := point
	long.Ttl = types.CacheTTLOneHour
	image := func(f types.ImageFormat) types.ImageBlock {
		return types.ImageBlock{Format: f, Source: &types.ImageSourceMemberBytes{Value: []byte("img")}}
	}
	return &bedrockruntime.ConverseStreamInput{
		ModelId: aws.String(model),
		System:  []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be brief."}, &types.SystemContentBlockMemberCachePoint{Value: long}},
		Messages: []types.Message{
			{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Look <here>."}, &types.ContentBlockMemberImage{Value: image("png")},
				&types.ContentBlockMemberDocument{Value: types.DocumentBlock{Name: aws.String("notes"), Format: "pdf", Source: &types.DocumentSourceMemberBytes{Value: []byte("PDF")},
					Citations: &types.CitationsConfig{Enabled: aws.Bool(true)}}},
				&types.ContentBlockMemberAudio{Value: types.AudioBlock{Format: "wav", Source: &types.AudioSourceMemberBytes{Value: []byte("snd")}}}}},
			{Role: types.ConversationRoleAssistant, Content: []types.ContentBlock{
				&types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberReasoningText{Value: types.ReasoningTextBlock{Text: aws.String("Hm."), Signature: aws.String("c2ln")}}},
				&types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberRedactedContent{Value: []byte("hidden")}},
				&types.ContentBlockMemberText{Value: "I see."},
				&types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{ToolUseId: aws.String("call_1"), Name: aws.String("f"), Input: document.NewLazyDocument(map[string]any{"x": 1})}}}},
			{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{ToolUseId: aws.String("call_1"), Status: types.ToolResultStatusError,
				Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: "no"}, &types.ToolResultContentBlockMemberImage{Value: image("webp")}}}}}},
		},
		ToolConfig: &types.ToolConfiguration{ToolChoice: &types.ToolChoiceMemberAny{}, Tools: []types.Tool{
			&types.ToolMemberToolSpec{Value: types.ToolSpecification{Name: aws.String("f"), Description: aws.String("d"), Strict: aws.Bool(true),
				InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(map[string]any{"type": "object"})}}},
			&types.ToolMemberCachePoint{Value: point}}},
		OutputConfig: &types.OutputConfig{Effort: aws.String("high"), TextFormat: &types.OutputFormat{Type: types.OutputFormatTypeJsonSchema,
			Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{Name: aws.String("n"), Schema: aws.String(`{"type":"object"}`)}}}},
		InferenceConfig:              &types.InferenceConfiguration{MaxTokens: aws.Int32(4096), Temperature: aws.Float32(0.25), TopP: aws.Float32(0.5), StopSequences: []string{"END"}},
		AdditionalModelRequestFields: document.NewLazyDocument(map[string]any{"top_k": 40, "thinking": map[string]any{"type": "enabled", "budget_tokens": 2048}}),
		RequestMetadata:              map[string]string{"user_id": "u-1"},
		ServiceTier:                  &types.ServiceTier{Type: types.ServiceTierTypePriority},
	}
}

// Bedrock's OpenAI form is reached by protocol openai, at its path with a Bedrock API
// key; errors are AWS's own there, too.
func TestBedrockInOpenAIsForm(t *testing.T) {
	s := *openAISpeaker("openai")
	s.spec = specFor("openai", "/openai/v1")
	var path, key string
	v := s.says["good stream"]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, key = r.URL.Path, r.Header.Get("Authorization")
		if strings.Contains(path, "denied") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"Message":"Authentication failed: Please make sure your API Key is valid."}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		v.send(r.Context(), w)
	}))
	defer server.Close()
	ask := func(under string) *results.Record {
		spec := s.spec(t, server.URL+under)
		target, err := Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		return askOpen(t, target)
	}
	rec := ask("")
	good(t, &s, rec)
	if path != "/openai/v1/chat/completions" || key != "Bearer "+canary {
		t.Errorf("bedrockAsked at %s with %q", path, key)
	}
	if rec := ask("/denied"); rec.Error == nil || rec.Error.Class != chat.Auth || !strings.Contains(rec.Error.Message, "make sure your API Key is valid") {
		t.Errorf("error %+v", rec.Error)
	}
}
