package targets

import (
	"context"
	"errors"
	"testing"

	oaisdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"

	"switchover/results"
	"switchover/targets/chat"
)

// understood is what OpenAI's own client makes of an answer.
type understood struct {
	text, finish, model   string
	calls                 []chat.ToolCall
	input, cached, output int64
	hasUsage              bool
}

// listeners ask with OpenAI's own client, in each of its protocols.
var listeners = map[string]func(ctx context.Context, c *oaisdk.Client, whole bool) (understood, error){
	"openai": listenToChat, "openai-completions": listenToCompletions, "openai-responses": listenToResponses,
}

func listenToChat(ctx context.Context, c *oaisdk.Client, whole bool) (out understood, err error) {
	params := oaisdk.ChatCompletionNewParams{Model: "m", Messages: []oaisdk.ChatCompletionMessageParamUnion{oaisdk.UserMessage("What now?")}}
	var all oaisdk.ChatCompletionAccumulator
	if whole {
		answer, err := c.Chat.Completions.New(ctx, params)
		if err != nil {
			return out, err
		}
		all.ChatCompletion = *answer
	} else {
		stream := c.Chat.Completions.NewStreaming(ctx, params)
		defer func() { _ = stream.Close() }()
		for stream.Next() {
			all.AddChunk(stream.Current())
		}
		if err := stream.Err(); err != nil {
			return out, err
		}
	}
	out = understood{model: all.Model, input: all.Usage.PromptTokens, cached: all.Usage.PromptTokensDetails.CachedTokens, output: all.Usage.CompletionTokens}
	out.hasUsage = all.Usage.TotalTokens > 0
	if len(all.Choices) > 0 {
		choice := all.Choices[0]
		out.text, out.finish = choice.Message.Content, choice.FinishReason
		for _, call := range choice.Message.ToolCalls {
			out.calls = append(out.calls, chat.ToolCall{ID: call.ID, Name: call.Function.Name, Arguments: call.Function.Arguments})
		}
	}
	return out, nil
}

func listenToCompletions(ctx context.Context, c *oaisdk.Client, whole bool) (out understood, err error) {
	params := oaisdk.CompletionNewParams{Model: "m", Prompt: oaisdk.CompletionNewParamsPromptUnion{OfString: param.NewOpt("What now?")}}
	take := func(said oaisdk.Completion) {
		out.model = said.Model
		for _, choice := range said.Choices {
			out.text += choice.Text
			if choice.FinishReason != "" {
				out.finish = string(choice.FinishReason)
			}
		}
		if u := said.Usage; u.TotalTokens > 0 {
			out.hasUsage, out.input, out.cached, out.output = true, u.PromptTokens, u.PromptTokensDetails.CachedTokens, u.CompletionTokens
		}
	}
	if whole {
		answer, err := c.Completions.New(ctx, params)
		if err == nil {
			take(*answer)
		}
		return out, err
	}
	stream := c.Completions.NewStreaming(ctx, params)
	defer func() { _ = stream.Close() }()
	for stream.Next() {
		take(stream.Current())
	}
	return out, stream.Err()
}

func listenToResponses(ctx context.Context, c *oaisdk.Client, whole bool) (out understood, err error) {
	params := responses.ResponseNewParams{Model: "m", Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt("What now?")}}
	take := func(said *responses.Response) {
		out.model, out.finish = said.Model, string(said.Status)
		u := said.Usage
		out.hasUsage, out.input, out.cached, out.output = u.TotalTokens > 0, u.InputTokens, u.InputTokensDetails.CachedTokens, u.OutputTokens
	}
	if whole {
		answer, err := c.Responses.New(ctx, params)
		if err == nil {
			out.text = answer.OutputText()
			take(answer)
		}
		return out, err
	}
	stream := c.Responses.NewStreaming(ctx, params)
	defer func() { _ = stream.Close() }()
	for stream.Next() {
		switch e := stream.Current().AsAny().(type) {
		case responses.ResponseTextDeltaEvent:
			out.text += e.Delta
		case responses.ResponseOutputItemDoneEvent:
			if call, ok := e.Item.AsAny().(responses.ResponseFunctionToolCall); ok {
				out.calls = append(out.calls, chat.ToolCall{ID: call.CallID, Name: call.Name, Arguments: call.Arguments})
			}
		case responses.ResponseCompletedEvent:
			take(&e.Response)
		case responses.ResponseIncompleteEvent:
			take(&e.Response)
		case responses.ResponseErrorEvent: // which the client hands out like any other
			return out, errors.New(e.Message)
		}
	}
	return out, stream.Err()
}

// What OpenAI's own client understands of an answer, this tool understands alike;
// where that client takes a broken answer for a whole one, this tool does not.
func TestOpenAIIsReadAsItsOwnClientReadsIt(t *testing.T) {
	for _, s := range []*speaker{openAISpeaker("openai"), completionsSpeaker(), responsesSpeaker()} {
		listen := func(t *testing.T, v utterance) (understood, error) {
			client := oaisdk.NewClient(option.WithBaseURL(speak(t, s, v)+"/v1"), option.WithAPIKey(canary), option.WithMaxRetries(0))
			ctx, cancel := context.WithTimeout(t.Context(), 30*1000*ms)
			defer cancel()
			return listeners[s.protocol](ctx, &client, v.header["Content-Type"] == "application/json")
		}
		for _, vector := range []string{"good stream", "good document", "split at every byte", "multi-byte text", "keep-alive noise", "usage absent", "reasoning", "tool call", "length limit"} {
			v := s.says[vector]
			if v.na != "" {
				continue
			}
			t.Run(s.protocol+"/"+vector, func(t *testing.T) {
				theirs, err := listen(t, v)
				if err != nil {
					t.Fatal(err)
				}
				compareUnderstood(t, s.protocol, theirs, askVector(t, s, v))
			})
		}
		for _, vector := range []string{"error: auth", "error: quota", "error: rate_limited", "error: overloaded", "error: not_found", "error: bad_request", "error: too_large", "error: server", "cut", "error inside a 200"} {
			t.Run(s.protocol+"/"+vector, func(t *testing.T) {
				if said, err := listen(t, s.says[vector]); err == nil {
					t.Errorf("its own client takes it for an answer: %+v", said)
				}
			})
		}
		t.Run(s.protocol+"/clean early end", func(t *testing.T) {
			v := s.says["clean early end"]
			if said, err := listen(t, v); err != nil || said.text != goodWords[0]+goodWords[1] {
				t.Fatalf("its own client has learnt to tell: %v, %+v", err, said)
			}
			if rec := askVector(t, s, v); rec.Complete || rec.Error.Class != chat.Interrupted {
				t.Errorf("complete %v, error %v", rec.Complete, rec.Error)
			}
		})
	}
}

func compareUnderstood(t *testing.T, protocol string, theirs understood, rec *results.Record) {
	if theirs.text != rec.Text {
		t.Errorf("text %q, its own client reads %q", rec.Text, theirs.text)
	}
	if theirs.model != "m" || len(theirs.calls) != len(rec.ToolCalls) {
		t.Fatalf("calls %+v, its own client reads %+v of model %q", rec.ToolCalls, theirs.calls, theirs.model)
	}
	for i, c := range theirs.calls {
		if got := rec.ToolCalls[i]; got.ID != c.ID || got.Name != c.Name || got.Arguments != c.Arguments {
			t.Errorf("call %+v, its own client reads %+v", got, c)
		}
	}
	finish := map[string]string{"completed": "stop", "incomplete": "length"}[theirs.finish] // the words of responses
	if finish == "stop" && len(theirs.calls) > 0 {
		finish = "tool_calls"
	}
	if finish == "" {
		finish = theirs.finish
	}
	if string(rec.Finish) != finish {
		t.Errorf("finish %q, its own client reads %q", rec.Finish, theirs.finish)
	}
	if theirs.hasUsage != (rec.TokenSource == results.FromUsage) {
		t.Errorf("tokens by %s, its own client reads usage: %v", rec.TokenSource, theirs.hasUsage)
	}
	got := [3]int64{int64(rec.InputTokens.Or(0) + rec.CacheReadTokens.Or(0)), int64(rec.CacheReadTokens.Or(0)), int64(rec.OutputTokens.Or(0))}
	if theirs.hasUsage && got != [3]int64{theirs.input, theirs.cached, theirs.output} {
		t.Errorf("counts %v, its own client reads %+v", got, theirs)
	}
}
