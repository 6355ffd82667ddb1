package wire

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

// A canary is a request that has one field, with a value found nowhere else. What a
// protocol says of the field is held against what it sends.
type canary struct {
	// text is the value as every protocol writes it. It is empty for a field that has
	// no text of its own, a mark or a switch: what is sent is then compared with what
	// is sent without the field.
	text string
	// around is what the field cannot be without, in the request with it and in the
	// one without.
	around func(r *chat.Request)
	has    func(r *chat.Request)
}

const (
	canaryText  = "canarybird"
	canaryBytes = "Y2FuYXJ5YmlyZA==" // canarybird
	canaryJSON  = `{"type":"object","properties":{"canarybird":{"type":"string"}},"required":["canarybird"],"additionalProperties":false}`
)

func say(role chat.Role, parts ...chat.Part) func(*chat.Request) {
	return func(r *chat.Request) {
		r.Messages = append(r.Messages, chat.Message{Role: role, Parts: slices.Clone(parts)})
	}
}

func text(s string) chat.Part { return chat.Part{Kind: chat.TextPart, Text: s} }

// lookUp is a tool, called is a call of it and its result.
func lookUp(r *chat.Request) {
	r.Tools = []chat.Tool{{Name: "look_up", Description: "looks up", Parameters: []byte(`{"type":"object","properties":{}}`)}}
}

func called(r *chat.Request) {
	lookUp(r)
	r.Messages = append(r.Messages, chat.Message{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "call_1", Name: "look_up", Arguments: `{"a":1}`}}},
		chat.Message{Role: chat.ToolRole, ToolCallID: "call_1", Content: "found"})
}

func newest(r *chat.Request) *chat.Message { return &r.Messages[len(r.Messages)-1] }

func pdf(p chat.Part) chat.Part {
	p.Kind, p.MediaType, p.Name = chat.DocumentPart, "application/pdf", "notes"
	if p.URL == "" && p.Data == "" {
		p.Data = "JVBERi0xLjQ="
	}
	return p
}

func thought(p chat.Part) func(*chat.Request) {
	return func(r *chat.Request) {
		r.Messages = append(r.Messages, chat.Message{Role: chat.Assistant, Parts: []chat.Part{p, text("So be it.")}}, chat.Message{Role: chat.User, Content: "Go on."})
	}
}

func chosen(c chat.ToolChoice) func(*chat.Request) {
	return func(r *chat.Request) { r.ToolChoice = c }
}

// canaries has one for each field.
var canaries = map[chat.Field]canary{
	chat.FieldSystem: {text: canaryText, has: func(r *chat.Request) {
		r.Messages = append([]chat.Message{{Role: chat.System, Content: canaryText}}, r.Messages...)
	}},
	chat.FieldSystemBlocks: {text: canaryText, has: func(r *chat.Request) {
		r.Messages = append([]chat.Message{{Role: chat.System, Parts: []chat.Part{text("First."), text(canaryText)}}}, r.Messages...)
	}},
	chat.FieldSystemLater: {text: canaryText, has: func(r *chat.Request) {
		r.Messages = append(r.Messages, chat.Message{Role: chat.Assistant, Content: "Yes?"}, chat.Message{Role: chat.System, Content: canaryText}, chat.Message{Role: chat.User, Content: "Go on."})
	}},
	chat.FieldSameRole:       {text: canaryText, has: say(chat.User, text(canaryText))},
	chat.FieldPrefill:        {text: canaryText, has: say(chat.Assistant, text(canaryText))},
	chat.FieldImage:          {text: canaryBytes, has: say(chat.User, text("Look."), chat.Part{Kind: chat.ImagePart, MediaType: "image/png", Data: canaryBytes})},
	chat.FieldImageURL:       {text: canaryText, has: say(chat.User, text("Look."), chat.Part{Kind: chat.ImagePart, URL: "https://example.com/canarybird.png"})},
	chat.FieldImageDetail:    {around: say(chat.User, text("Look."), chat.Part{Kind: chat.ImagePart, MediaType: "image/png", Data: canaryBytes}), has: func(r *chat.Request) { newest(r).Parts[1].Detail = "low" }},
	chat.FieldDocument:       {text: canaryBytes, has: say(chat.User, text("Read."), pdf(chat.Part{Data: canaryBytes}))},
	chat.FieldDocumentURL:    {text: canaryText, has: say(chat.User, text("Read."), pdf(chat.Part{URL: "https://example.com/canarybird.pdf"}))},
	chat.FieldCitations:      {around: say(chat.User, text("Read."), pdf(chat.Part{})), has: func(r *chat.Request) { newest(r).Parts[1].Citations = true }},
	chat.FieldAudio:          {text: canaryBytes, has: say(chat.User, text("Listen."), chat.Part{Kind: chat.AudioPart, MediaType: "audio/wav", Data: canaryBytes})},
	chat.FieldThinkingText:   {text: canaryText, has: thought(chat.Part{Kind: chat.ThinkingPart, Text: canaryText, Signature: "c2lnbmVk"})},
	chat.FieldSignature:      {text: canaryBytes, has: thought(chat.Part{Kind: chat.ThinkingPart, Text: "Hm.", Signature: canaryBytes})},
	chat.FieldHiddenThinking: {text: canaryBytes, has: thought(chat.Part{Kind: chat.HiddenThinkingPart, Data: canaryBytes})},
	chat.FieldToolCalls: {text: canaryText, around: lookUp, has: func(r *chat.Request) {
		called(r)
		r.Messages[len(r.Messages)-2].ToolCalls[0].Arguments = `{"a":"canarybird"}`
	}},
	chat.FieldToolResults: {text: canaryText, around: lookUp, has: func(r *chat.Request) { called(r); newest(r).Content = canaryText }},
	chat.FieldResultImages: {text: canaryBytes, around: called, has: func(r *chat.Request) {
		newest(r).Content, newest(r).Parts = "", []chat.Part{text("found"), {Kind: chat.ImagePart, MediaType: "image/png", Data: canaryBytes}}
	}},
	chat.FieldResultError: {around: called, has: func(r *chat.Request) { newest(r).IsError = true }},
	chat.FieldTools:       {text: canaryText, has: func(r *chat.Request) { r.Tools = []chat.Tool{{Name: "f", Parameters: []byte(canaryJSON)}} }},
	chat.FieldStrictTools: {around: func(r *chat.Request) { r.Tools = []chat.Tool{{Name: "f", Parameters: []byte(canaryJSON)}} }, has: func(r *chat.Request) { r.Tools[0].Strict = true }},
	chat.FieldHostedTools: {text: canaryText, has: func(r *chat.Request) {
		r.Tools = []chat.Tool{{Name: "web_search", Hosted: "web_search_20250305", Definition: []byte(`{"type":"web_search_20250305","name":"web_search","allowed_domains":["canarybird"]}`)}}
	}},
	chat.FieldToolChoiceAuto: {around: lookUp, has: chosen(chat.ToolChoice{Mode: chat.ToolsAuto})},
	chat.FieldToolChoiceAny:  {around: lookUp, has: chosen(chat.ToolChoice{Mode: chat.ToolsAny})},
	chat.FieldToolChoiceNone: {around: lookUp, has: chosen(chat.ToolChoice{Mode: chat.ToolsNone})},
	chat.FieldToolChoiceOne:  {around: lookUp, has: chosen(chat.ToolChoice{Mode: chat.ToolsOne, Name: "look_up"})},
	chat.FieldSingleTool:     {around: func(r *chat.Request) { lookUp(r); r.ToolChoice.Mode = chat.ToolsAuto }, has: func(r *chat.Request) { r.ToolChoice.Single = true }},
	chat.FieldFormat:         {has: func(r *chat.Request) { r.Format.JSON = true }},
	chat.FieldSchema: {text: canaryText, has: func(r *chat.Request) {
		r.Format = chat.Format{JSON: true, Name: "answer", Schema: []byte(canaryJSON), Strict: true}
	}},
	chat.FieldMaxTokens:      {text: "4321", has: func(r *chat.Request) { r.Params.MaxTokens = 4321 }},
	chat.FieldExact:          {around: func(r *chat.Request) { r.Params.MaxTokens = 4321 }, has: func(r *chat.Request) { r.Params.Exact = true }},
	chat.FieldTemperature:    {text: "0.4321", has: func(r *chat.Request) { r.Params.Temperature = ptr(0.4321) }},
	chat.FieldTopP:           {text: "0.4321", has: func(r *chat.Request) { r.Params.TopP = ptr(0.4321) }},
	chat.FieldTopK:           {text: "43", has: func(r *chat.Request) { r.Params.TopK = ptr(43) }},
	chat.FieldSeed:           {text: "4321", has: func(r *chat.Request) { r.Params.Seed = ptr(int64(4321)) }},
	chat.FieldStop:           {text: canaryText, has: func(r *chat.Request) { r.Params.Stop = []string{canaryText} }},
	chat.FieldPenalties:      {text: "0.4321", has: func(r *chat.Request) { r.Params.FrequencyPenalty, r.Params.PresencePenalty = ptr(0.4321), ptr(0.4321) }},
	chat.FieldThinking:       {around: roomy, has: func(r *chat.Request) { r.Params.Thinking.Mode = chat.ThinkingOff }},
	chat.FieldThinkingBudget: {text: "4321", around: roomy, has: func(r *chat.Request) { r.Params.Thinking = chat.Thinking{Mode: chat.ThinkingOn, Budget: 4321} }},
	chat.FieldEffort:         {text: `"high"`, around: roomy, has: func(r *chat.Request) { r.Params.Thinking.Effort = "high" }},
	chat.FieldCache:          {around: say(chat.User, text("Long."), text("Short.")), has: func(r *chat.Request) { newest(r).Parts[0].Cache = "5m" }},
	chat.FieldCacheTTL:       {text: `"1h"`, has: say(chat.User, chat.Part{Kind: chat.TextPart, Text: "Long.", Cache: "1h"}, text("Short."))},
	chat.FieldUser:           {text: canaryText, has: func(r *chat.Request) { r.User = canaryText }},
	chat.FieldMetadata:       {text: canaryText, has: func(r *chat.Request) { r.Metadata = map[string]string{"team": canaryText} }},
	chat.FieldServiceTier:    {text: `"auto"`, has: func(r *chat.Request) { r.ServiceTier = "auto" }},
	chat.FieldForeign: {text: canaryText, has: func(r *chat.Request) {
		r.Dialect, r.Foreign = "nobody", map[string]json.RawMessage{"canarybird": json.RawMessage(`"canarybird"`)}
	}},
}

func roomy(r *chat.Request) { r.Params.MaxTokens = 16384 }

// carriageEndpoints is what protocols need to be asked at all, beside the usual.
var carriageEndpoints = map[string]func(*Endpoint){}

// carriageProtocols are asked instead of those of their names, and beside them.
var carriageProtocols = map[string]Protocol{}

func carrier(name string) Protocol {
	if p, ok := carriageProtocols[name]; ok {
		return p
	}
	p, _ := Lookup(name)
	return p
}

// carried is what is sent of a canary's request, as one text: the address, the
// headers and the body; and what is said to be lost.
func carried(t *testing.T, name string, c canary, with bool) (string, []chat.Loss, error) {
	t.Helper()
	p := carrier(name)
	ep := Endpoint{URL: "http://127.0.0.1:9/v1", Model: "m", Key: secret.New("sk-key")}
	if prepare := carriageEndpoints[name]; prepare != nil {
		prepare(&ep)
	}
	req := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "Hello."}}}
	if c.around != nil {
		c.around(&req)
	}
	if with {
		c.has(&req)
	}
	r, losses, err := p.Encode(ep, req)
	if err != nil {
		return "", losses, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.PathUnescape(r.URL.String())
	if err != nil {
		t.Fatal(err)
	}
	sent := address + "\n" + string(body)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if !strings.HasPrefix(name, "X-Amz-") && name != "Authorization" { // a signature differs whenever anything does
			sent += "\n" + strings.Join(r.Header[name], " ")
		}
	}
	return sent, losses, nil
}

// TestCarriage holds each protocol to what it says becomes of each field: what is
// lossless is sent, what is dropped is not, what is rejected is refused by name, and
// of what is lost it is said what becomes of it.
func TestCarriage(t *testing.T) {
	names := append(Names(), slices.Collect(maps.Keys(carriageProtocols))...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		table := carrier(name).Carriage()
		for f := range chat.AllFields() {
			c, ok := canaries[f]
			if !ok {
				t.Fatalf("there is no canary for %s", f)
			}
			t.Run(name+"/"+strings.ReplaceAll(f.String(), " ", "_"), func(t *testing.T) {
				holdToCarriage(t, name, f, c, table)
			})
		}
	}
}

// TestCarriageAtOpenAI holds OpenAI's protocols to what they say is lost at OpenAI
// itself, which takes other members than the servers that call themselves compatible.
func TestCarriageAtOpenAI(t *testing.T) {
	for name, table := range map[string]chat.Carriage{"openai": strictOpenAICarriage, "openai-completions": completionsCarriage, "openai-responses": responsesCarriage} {
		carriageEndpoints[name] = func(ep *Endpoint) { ep.URL = openAItself }
		for f, c := range canaries {
			t.Run(name+"/"+strings.ReplaceAll(f.String(), " ", "_"), func(t *testing.T) {
				holdToCarriage(t, name, f, c, table)
			})
		}
		delete(carriageEndpoints, name)
	}
}

// doneAnyway are approximations of which nothing is said, because a server does by itself
// what the canary asks for.
var doneAnyway = map[string]bool{"bedrock, service tier": true, "gemini, service tier": true, "vertex, service tier": true,
	"ollama, tool_choice auto": true, "ollama, tool_choice tool": true}

func holdToCarriage(t *testing.T, name string, f chat.Field, c canary, table chat.Carriage) {
	without, _, err := carried(t, name, c, false)
	if err != nil && !errors.As(err, new(*Refusal)) {
		t.Fatalf("without it: %v", err)
	}
	unaskable := err != nil // without what the field cannot be without
	with, losses, err := carried(t, name, c, true)
	fate, why := fateIn(losses, f)
	if told := table[f].Fate; told != "" && told.Compare(fate) > 0 {
		t.Errorf("Carriage says %s, Encode %s", told, fate)
	}
	if fate != chat.Lossless && (why == "" || strings.HasSuffix(why, ".")) {
		t.Errorf("%s, because %q", fate, why)
	}
	if f == chat.FieldForeign && fate == chat.Lossless {
		t.Error("what another dialect said is told to this one")
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		if named, _ := fateIn(refusal.Losses, f); (fate == chat.Rejected) != (named == chat.Rejected) || fate != chat.Rejected && !unaskable {
			t.Errorf("%s, and refused: %v", fate, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	says := strings.Contains(with, c.text)
	if c.text == "" {
		says = with != without
	}
	switch {
	case fate == chat.Rejected:
		t.Error("rejected, and yet there is a request")
	case fate == chat.Lossless && !says:
		t.Errorf("lossless, and not said: %s", with)
	case fate == chat.Approximate && with == without && !doneAnyway[name+", "+f.String()]:
		t.Errorf("approximate, and nothing is said: %s", why)
	case fate == chat.Dropped && says:
		t.Errorf("dropped, and yet said: %s", with)
	}
}

func fateIn(losses []chat.Loss, f chat.Field) (chat.Fate, string) {
	fate, why := chat.Lossless, ""
	for _, l := range losses {
		if l.Field == f && l.Fate.Compare(fate) > 0 {
			fate, why = l.Fate, l.Why
		}
	}
	return fate, why
}

// What only a protocol's own dialect can say is told to it again.
func TestForeignIsToldToItsOwn(t *testing.T) {
	for name, dialect := range map[string]string{"openai": "openai", "anthropic": "anthropic"} {
		c := canary{has: func(r *chat.Request) {
			r.Dialect, r.Foreign = dialect, map[string]json.RawMessage{"canarybird": json.RawMessage(`"canarybird"`)}
		}}
		sent, losses, err := carried(t, name, c, true)
		if fate, _ := fateIn(losses, chat.FieldForeign); err != nil || fate != chat.Lossless || !strings.Contains(sent, canaryText) {
			t.Errorf("%s: %v, %v: %s", name, losses, err, sent)
		}
	}
}

// Further members of the body are sent as they are, whatever the protocol.
func TestExtraIsSent(t *testing.T) {
	for _, name := range Names() {
		c := canary{has: func(r *chat.Request) {
			r.Params.Extra = map[string]json.RawMessage{"canarybird": json.RawMessage(`{"a":[1]}`)}
		}}
		if sent, losses, err := carried(t, name, c, true); err != nil || !strings.Contains(sent, `"canarybird":{"a":[1]}`) {
			t.Errorf("%s: %v, %v: %s", name, losses, err, sent)
		}
	}
}
