package sim

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	anthropicsdk "github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	openaisdk "github.com/openai/openai-go/v3"
	openaioption "github.com/openai/openai-go/v3/option"
)

// heard is what a vendor's own client understood.
type heard struct {
	text, finish  string
	input, output int64
}

// A listener asks one question with a vendor's own client, which does not retry.
type listener func(ctx context.Context, url string, whole bool) (heard, error)

var listeners = map[string]listener{"openai": hearChat, "openai-completions": hearCompletions, "anthropic": hearMessages, "bedrock": hearConverse}

const asking = "How do I bake bread without yeast?"

func openAIClient(url string) openaisdk.Client {
	return openaisdk.NewClient(openaioption.WithBaseURL(Base(url, "openai")), openaioption.WithAPIKey("unused"), openaioption.WithMaxRetries(0))
}

func hearChat(ctx context.Context, url string, whole bool) (h heard, err error) {
	client := openAIClient(url)
	params := openaisdk.ChatCompletionNewParams{Model: "m", Messages: []openaisdk.ChatCompletionMessageParamUnion{openaisdk.UserMessage(asking)},
		StreamOptions: openaisdk.ChatCompletionStreamOptionsParam{IncludeUsage: openaisdk.Bool(true)}}
	var all openaisdk.ChatCompletionAccumulator
	if whole {
		params.StreamOptions = openaisdk.ChatCompletionStreamOptionsParam{}
		answer, err := client.Chat.Completions.New(ctx, params)
		if err != nil {
			return h, err
		}
		all.ChatCompletion = *answer
	} else {
		stream := client.Chat.Completions.NewStreaming(ctx, params)
		defer func() { _ = stream.Close() }()
		for stream.Next() {
			all.AddChunk(stream.Current())
		}
		if err := stream.Err(); err != nil {
			return h, err
		}
	}
	if len(all.Choices) != 1 {
		return h, errors.New("there is not one choice")
	}
	return heard{all.Choices[0].Message.Content, all.Choices[0].FinishReason, all.Usage.PromptTokens, all.Usage.CompletionTokens}, nil
}

func hearCompletions(ctx context.Context, url string, whole bool) (h heard, err error) {
	client := openAIClient(url)
	params := openaisdk.CompletionNewParams{Model: "m", Prompt: openaisdk.CompletionNewParamsPromptUnion{OfString: openaisdk.String(asking)}}
	take := func(c *openaisdk.Completion) {
		for _, choice := range c.Choices {
			h.text += choice.Text
			h.finish += string(choice.FinishReason)
		}
		h.input, h.output = h.input+c.Usage.PromptTokens, h.output+c.Usage.CompletionTokens
	}
	if whole {
		answer, err := client.Completions.New(ctx, params)
		if err == nil {
			take(answer)
		}
		return h, err
	}
	params.StreamOptions = openaisdk.ChatCompletionStreamOptionsParam{IncludeUsage: openaisdk.Bool(true)}
	stream := client.Completions.NewStreaming(ctx, params)
	defer func() { _ = stream.Close() }()
	for stream.Next() {
		chunk := stream.Current()
		take(&chunk)
	}
	return h, stream.Err()
}

func hearMessages(ctx context.Context, url string, whole bool) (h heard, err error) {
	client := anthropicsdk.NewClient(anthropicoption.WithBaseURL(Base(url, "anthropic")), anthropicoption.WithAPIKey("unused"),
		anthropicoption.WithMaxRetries(0), anthropicoption.WithoutEnvironmentDefaults())
	params := anthropicsdk.MessageNewParams{Model: "m", MaxTokens: 300, Messages: []anthropicsdk.MessageParam{anthropicsdk.NewUserMessage(anthropicsdk.NewTextBlock(asking))}}
	var m anthropicsdk.Message
	if whole {
		answer, err := client.Messages.New(ctx, params)
		if err != nil {
			return h, err
		}
		m = *answer
	} else {
		stream := client.Messages.NewStreaming(ctx, params)
		defer func() { _ = stream.Close() }()
		for stream.Next() {
			if err := m.Accumulate(stream.Current()); err != nil {
				return h, err
			}
		}
		if err := stream.Err(); err != nil {
			return h, err
		}
	}
	if len(m.Content) != 1 {
		return h, errors.New("there is not one block")
	}
	return heard{m.Content[0].Text, string(m.StopReason), m.Usage.InputTokens, m.Usage.OutputTokens}, nil
}

func hearConverse(ctx context.Context, url string, whole bool) (h heard, err error) {
	client := bedrockruntime.New(bedrockruntime.Options{Region: "eu-central-1", BaseEndpoint: aws.String(Base(url, "bedrock")), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "unused", SecretAccessKey: "unused"}, nil
		})}, func(o *bedrockruntime.Options) { o.AuthSchemePreference = []string{"sigv4"} }) // and not a key of the developer's own environment
	messages := []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: asking}}}}
	if whole {
		out, err := client.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String("m"), Messages: messages})
		if err != nil {
			return h, err
		}
		message, ok := out.Output.(*types.ConverseOutputMemberMessage)
		if !ok || len(message.Value.Content) != 1 {
			return h, errors.New("there is not one block")
		}
		text, _ := message.Value.Content[0].(*types.ContentBlockMemberText)
		return heard{text.Value, string(out.StopReason), int64(*out.Usage.InputTokens), int64(*out.Usage.OutputTokens)}, nil
	}
	out, err := client.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String("m"), Messages: messages})
	if err != nil {
		return h, err
	}
	stream := out.GetStream()
	defer func() { _ = stream.Close() }()
	for event := range stream.Events() {
		switch e := event.(type) {
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			if text, ok := e.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
				h.text += text.Value
			}
		case *types.ConverseStreamOutputMemberMessageStop:
			h.finish = string(e.Value.StopReason)
		case *types.ConverseStreamOutputMemberMetadata:
			h.input, h.output = int64(*e.Value.Usage.InputTokens), int64(*e.Value.Usage.OutputTokens)
		}
	}
	return h, stream.Err()
}

// The vendors' own clients understand the simulator: what it answers, counts and ends
// with.
func TestTheVendorsOwnClientsUnderstand(t *testing.T) {
	finishes := map[string]string{"openai": "stop", "openai-completions": "stop", "anthropic": "end_turn", "bedrock": "end_turn"}
	for protocol, hear := range listeners {
		t.Run(protocol, func(t *testing.T) {
			lv := start(t, brisk)
			for _, whole := range []bool{false, true} {
				h, err := hear(t.Context(), lv.url, whole)
				if err != nil {
					t.Fatalf("whole=%t: %v", whole, err)
				}
				input := int64(Count(asking) + templateTokens)
				if protocol == "openai-completions" {
					input = int64(Count(asking)) // no chat template is applied
				}
				if n := Count(h.text); n < 10 || h.output != int64(n) || h.input != input || h.finish != finishes[protocol] {
					t.Errorf("whole=%t: it heard %+v, of %d tokens; want %d in and finish %s", whole, h, n, input, finishes[protocol])
				}
			}
		})
	}
}

// They take its faults for what the vendors' own errors are.
func TestTheVendorsOwnClientsSeeTheirErrors(t *testing.T) {
	for protocol, hear := range listeners {
		t.Run(protocol, func(t *testing.T) {
			for _, kind := range []string{RateLimited, ServerError, StreamError, Cut, Malformed} {
				cfg := brisk
				cfg.Faults = []Fault{{Kind: kind, Share: 1, For: time.Second}}
				lv := start(t, cfg)
				_, err := hear(t.Context(), lv.url, false)
				// Bedrock's client takes a stream that was cut for one that has ended.
				if unnoticed := protocol == "bedrock" && kind == Cut; (err == nil) != unnoticed {
					t.Errorf("%s: the error is %v", kind, err)
				}
				if err != nil {
					checkOwnError(t, protocol, kind, err)
				}
			}
		})
	}
}

func checkOwnError(t *testing.T, protocol, kind string, err error) {
	t.Helper()
	status := map[string]int{RateLimited: 429, ServerError: 500}[kind]
	switch {
	case protocol == "anthropic" && status > 0:
		if api := new(anthropicsdk.Error); !errors.As(err, &api) || api.StatusCode != status || !strings.Contains(api.RawJSON(), `"type":"error"`) {
			t.Errorf("%s: the error is %v", kind, err)
		}
	case protocol == "anthropic" && kind == StreamError:
		if !strings.Contains(err.Error(), "api_error") {
			t.Errorf("%s: the error is %v", kind, err)
		}
	case protocol == "bedrock" && kind == RateLimited:
		if limited := new(types.ThrottlingException); !errors.As(err, &limited) {
			t.Errorf("%s: the error is %v", kind, err)
		}
	case protocol == "bedrock" && kind == ServerError:
		if internal := new(types.InternalServerException); !errors.As(err, &internal) {
			t.Errorf("%s: the error is %v", kind, err)
		}
	case protocol == "bedrock" && kind == StreamError:
		if broken := new(types.ModelStreamErrorException); !errors.As(err, &broken) || *broken.OriginalStatusCode != 500 {
			t.Errorf("%s: the error is %v", kind, err)
		}
	case strings.HasPrefix(protocol, "openai") && status > 0:
		if api := new(openaisdk.Error); !errors.As(err, &api) || api.StatusCode != status || api.Message == "" {
			t.Errorf("%s: the error is %v", kind, err)
		}
	}
}
