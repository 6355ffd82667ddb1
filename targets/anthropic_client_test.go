package targets

import (
	"context"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"switchover/results"
	"switchover/targets/chat"
)

// heardBySDK asks a speaker once with Anthropic's own client.
func heardBySDK(t *testing.T, s *speaker, v utterance) (*anthropic.Message, error) {
	t.Helper()
	client := anthropic.NewClient(option.WithBaseURL(speak(t, s, v)), option.WithAPIKey(canary), option.WithMaxRetries(0), option.WithoutEnvironmentDefaults())
	ctx, cancel := context.WithTimeout(t.Context(), 30*1000*ms)
	defer cancel()
	params := anthropic.MessageNewParams{Model: "m", MaxTokens: 64, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("What now?"))}}
	if v.header["Content-Type"] == "application/json" {
		return client.Messages.New(ctx, params)
	}
	stream := client.Messages.NewStreaming(ctx, params)
	defer func() { _ = stream.Close() }()
	var m anthropic.Message
	for stream.Next() {
		if err := m.Accumulate(stream.Current()); err != nil {
			return nil, err
		}
	}
	return &m, stream.Err()
}

// What Anthropic's own client understands of an answer, this tool understands alike;
// where that client takes a broken answer for a whole one, this tool does not.
func TestAnthropicIsReadAsItsOwnClientReadsIt(t *testing.T) {
	s := anthropicSpeaker()
	for _, vector := range []string{"good stream", "good document", "split at every byte", "multi-byte text", "reasoning", "tool call", "length limit"} {
		t.Run(vector, func(t *testing.T) {
			m, err := heardBySDK(t, s, s.says[vector])
			if err != nil {
				t.Fatal(err)
			}
			compareWithSDK(t, m, askVector(t, s, s.says[vector]))
		})
	}
	for _, vector := range []string{"error inside a 200", "error: auth", "error: quota", "error: rate_limited", "error: overloaded", "error: not_found", "error: server"} {
		t.Run(vector, func(t *testing.T) {
			if _, err := heardBySDK(t, s, s.says[vector]); err == nil {
				t.Error("its own client takes it for an answer")
			}
		})
	}
	t.Run("clean early end", func(t *testing.T) {
		m, err := heardBySDK(t, s, s.says["clean early end"])
		if err != nil || m.StopReason != "" {
			t.Fatalf("its own client has learnt to tell: %v, %q", err, m.StopReason)
		}
		if rec := askVector(t, s, s.says["clean early end"]); rec.Complete || rec.Error.Class != chat.Interrupted {
			t.Errorf("complete %v, error %v", rec.Complete, rec.Error)
		}
	})
}

func compareWithSDK(t *testing.T, m *anthropic.Message, rec *results.Record) {
	text, thinking := "", ""
	var calls []chat.ToolCall
	for _, b := range m.Content {
		text += b.Text
		thinking += b.Thinking
		if b.Type == "tool_use" {
			calls = append(calls, chat.ToolCall{ID: b.ID, Name: b.Name, Arguments: string(b.Input)})
		}
	}
	if text != rec.Text || thinking != rec.ReasoningText {
		t.Errorf("text %q and %q, its own client reads %q and %q", rec.Text, rec.ReasoningText, text, thinking)
	}
	if len(calls) != len(rec.ToolCalls) {
		t.Fatalf("%d calls, its own client reads %d", len(rec.ToolCalls), len(calls))
	}
	for i, c := range calls {
		if got := rec.ToolCalls[i]; got.ID != c.ID || got.Name != c.Name || got.Arguments != c.Arguments {
			t.Errorf("call %+v, its own client reads %+v", got, c)
		}
	}
	u := m.Usage
	if got := [3]int{rec.InputTokens.Or(0), rec.CacheReadTokens.Or(0), rec.OutputTokens.Or(0)}; rec.TokenSource == results.FromUsage &&
		got != [3]int{int(u.InputTokens), int(u.CacheReadInputTokens), int(u.OutputTokens)} {
		t.Errorf("counts %v, its own client reads %+v", got, u)
	}
	if m.Model != rec.Model && rec.Model != "" {
		t.Errorf("model %q, its own client reads %q", rec.Model, m.Model)
	}
}
