package wire

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

func init() {
	carriageEndpoints["tencent-tc3"] = func(ep *Endpoint) {
		ep.KeyID, ep.Now = secret.New("AKIDexample"), func() time.Time { return time.Unix(1_800_000_000, 0) } // no canary's figures
	}
}

func tc3Endpoint() Endpoint {
	return Endpoint{URL: "https://hunyuan.tencentcloudapi.com", Model: "hunyuan-turbos-latest", KeyID: secret.New("AKIDexample"), Key: secret.New("secretexample"),
		Now: func() time.Time { return time.Unix(1795428000, 0) }}
}

// The signature that Tencent Cloud's documentation works out step by step.
//
// Source: https://www.tencentcloud.com/document/api/213/31574.
func TestTC3SignsAsDocumented(t *testing.T) {
	s := tc3Signature{service: "cvm", timestamp: 1551113065, date: "2019-02-25", path: "/",
		headers: [][2]string{{"content-type", "application/json; charset=utf-8"}, {"host", "cvm.tencentcloudapi.com"}},
		body:    []byte(`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`)}
	want := "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, " +
		"Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
	if got := s.authorization("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A whole request, and its signature as worked out apart from this program, with
// Python's hmac and hashlib.
func TestTC3Request(t *testing.T) {
	ep := tc3Endpoint()
	ep.Region, ep.Session = "ap-guangzhou", secret.New("temporary")
	r, losses, err := TencentTC3{}.Encode(ep, chat.Request{ID: "s/t/1", Messages: []chat.Message{{Role: chat.User, Content: "hello"}}})
	if err != nil || losses != nil {
		t.Fatal(err, losses)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"Model":"hunyuan-turbos-latest","Messages":[{"Role":"user","Content":"hello"}],"Stream":true}`; string(body) != want {
		t.Errorf("body %s, want %s", body, want)
	}
	if r.URL.String() != "https://hunyuan.tencentcloudapi.com/" {
		t.Errorf("address %s", r.URL)
	}
	for name, want := range map[string]string{
		"X-Tc-Action": "ChatCompletions", "X-Tc-Version": "2023-09-01", "X-Tc-Timestamp": "1795428000", "X-Tc-Region": "ap-guangzhou", "X-Tc-Token": "temporary",
		"Authorization": "TC3-HMAC-SHA256 Credential=AKIDexample/2026-11-23/hunyuan/tc3_request, SignedHeaders=content-type;host;x-tc-action, " +
			"Signature=4b96dd54d1e2368b0c47e5d881c2987afb7a9ba1fe58554ee3e6319580804e57",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	again, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(again); string(text) != string(body) {
		t.Error("the body cannot be sent again as it was signed")
	}
}

func TestTC3NeedsBothKeys(t *testing.T) {
	ep := tc3Endpoint()
	ep.KeyID = secret.Value{}
	_, _, err := TencentTC3{}.Encode(ep, chat.Request{})
	if err == nil || !strings.Contains(err.Error(), "key_id") || strings.Contains(err.Error(), "secretexample") {
		t.Errorf("%v", err)
	}
	ep.Key = secret.Value{}
	if r, _, err := (TencentTC3{}).Encode(ep, chat.Request{}); err != nil || r.Header.Get("Authorization") != "" {
		t.Errorf("without any key: %v, signed %q", err, r.Header.Get("Authorization"))
	}
}

func TestTC3Body(t *testing.T) {
	user := func(text string) chat.Message { return chat.Message{Role: chat.User, Content: text} }
	assistant := func(text string) chat.Message { return chat.Message{Role: chat.Assistant, Content: text} }
	call := chat.Message{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "c", Name: "f", Arguments: `{"a":1}`}}}
	result := chat.Message{Role: chat.ToolRole, ToolCallID: "c", Content: "4"}
	for _, tc := range []struct {
		intent string
		req    chat.Request
		want   string // without the model
		lost   string
	}{
		{"one system message, first", chat.Request{Messages: []chat.Message{{Role: chat.System, Content: "s"}, user("a"), assistant("b"), {Role: chat.System, Content: "z"}, user("c")}},
			`{"Messages":[{"Role":"system","Content":"s\n\nz"},{"Role":"user","Content":"a"},{"Role":"assistant","Content":"b"},{"Role":"user","Content":"c"}],"Stream":true}`,
			"system message later on: approximate"},
		{"roles alternate", chat.Request{Messages: []chat.Message{user("a"), user("b"), assistant("c"), assistant("d"), user("e")}},
			`{"Messages":[{"Role":"user","Content":"a\n\nb"},{"Role":"assistant","Content":"c\n\nd"},{"Role":"user","Content":"e"}],"Stream":true}`,
			"messages of one role in a row: approximate"},
		{"results stand in the user's place", chat.Request{Messages: []chat.Message{user("a"), call, result, user("well?")}},
			`{"Messages":[{"Role":"user","Content":"a"},{"Role":"assistant","ToolCalls":[{"Id":"c","Type":"function","Function":{"Name":"f","Arguments":"{\"a\":1}"}}]},` +
				`{"Role":"tool","Content":"4\n\nwell?","ToolCallId":"c"}],"Stream":true}`, "tool results: approximate"},
		{"pictures", chat.Request{Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{{Kind: chat.TextPart, Text: "see"},
			{Kind: chat.ImagePart, MediaType: "image/jpeg", Data: "AAAA"}, {Kind: chat.ImagePart, URL: "https://example.com/1.png"}}}}},
			`{"Messages":[{"Role":"user","Contents":[{"Type":"text","Text":"see"},{"Type":"image_url","ImageUrl":{"Url":"data:image/jpeg;base64,AAAA"}},` +
				`{"Type":"image_url","ImageUrl":{"Url":"https://example.com/1.png"}}]}],"Stream":true}`, ""},
		{"parameters, in one piece", chat.Request{Messages: []chat.Message{user("a")}, Params: chat.Params{Whole: true, Temperature: ptr(0.5), TopP: ptr(0.9), Seed: ptr(int64(7)),
			Stop: []string{"END"}, Thinking: chat.Thinking{Mode: chat.ThinkingOff}}},
			`{"Messages":[{"Role":"user","Content":"a"}],"Stream":false,"TopP":0.9,"Temperature":0.5,"Seed":7,"Stop":["END"],"EnableThinking":false}`,
			"stop: approximate, thinking asked for: approximate"},
		{"a seed out of range is not sent", chat.Request{Messages: []chat.Message{user("a")}, Params: chat.Params{Seed: ptr(int64(123456))}},
			`{"Messages":[{"Role":"user","Content":"a"}],"Stream":true}`, "seed: dropped"},
		{"one tool is the one that any means, its schema in a string", chat.Request{Messages: []chat.Message{user("a")}, Tools: []chat.Tool{{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object"}`)}},
			ToolChoice: chat.ToolChoice{Mode: chat.ToolsAny}},
			`{"Messages":[{"Role":"user","Content":"a"}],"Stream":true,"Tools":[{"Type":"function","Function":{"Name":"f","Parameters":"{\"type\":\"object\"}","Description":"d"}}],` +
				`"ToolChoice":"custom","CustomTool":{"Type":"function","Function":{"Name":"f","Parameters":"{\"type\":\"object\"}","Description":"d"}}}`,
			"tool_choice any: approximate"},
	} {
		r, losses, err := TencentTC3{}.Encode(tc3Endpoint(), tc.req)
		if err != nil {
			t.Errorf("%s: %v", tc.intent, err)
			continue
		}
		body, _ := io.ReadAll(r.Body)
		got := strings.Replace(string(body), `"Model":"hunyuan-turbos-latest",`, "", 1)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
		}
		var lost []string
		for _, l := range losses {
			lost = append(lost, l.String())
		}
		if got := strings.Join(lost, ", "); got != tc.lost {
			t.Errorf("%s: lost %q, want %q", tc.intent, got, tc.lost)
		}
	}
}

func TestTC3RefusesConversations(t *testing.T) {
	long := []chat.Message{}
	for range 20 {
		long = append(long, chat.Message{Role: chat.User, Content: "a"}, chat.Message{Role: chat.Assistant, Content: "b"})
	}
	long = append(long, chat.Message{Role: chat.User, Content: "a"})
	for _, tc := range []struct {
		intent   string
		messages []chat.Message
		says     string
	}{
		{"41 messages", long, "at most 40"},
		{"the assistant first", []chat.Message{{Role: chat.Assistant, Content: "a"}, {Role: chat.User, Content: "b"}}, "begin with the user"},
		{"the assistant last", []chat.Message{{Role: chat.User, Content: "a"}, {Role: chat.Assistant, Content: "b"}}, "last message has to be the user's"},
	} {
		_, _, err := TencentTC3{}.Encode(tc3Endpoint(), chat.Request{Messages: tc.messages})
		var refusal *Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", tc.intent, err)
		}
	}
	if _, _, err := (TencentTC3{}).Encode(tc3Endpoint(), chat.Request{Messages: long[:39]}); err != nil {
		t.Errorf("39 messages: %v", err)
	}
}

func TestTC3Failures(t *testing.T) {
	for code, want := range map[string]chat.Class{
		"AuthFailure.SignatureExpire": chat.Auth, "AuthFailure.SecretIdNotFound": chat.Auth, "UnauthorizedOperation": chat.Auth, "FailedOperation.ServiceNotActivated": chat.Auth,
		"FailedOperation.ResourcePackExhausted": chat.Quota, "FailedOperation.ServiceStopArrears": chat.Quota, "ResourceUnavailable.LowBalance": chat.Quota, "ResourceInsufficient.ChargeResourceExhaust": chat.Quota,
		"RequestLimitExceeded": chat.RateLimited, "LimitExceeded": chat.RateLimited, "FailedOperation.EngineServerLimitExceeded": chat.RateLimited,
		"OperationDenied.TextIllegalDetected": chat.ContentFilter, "InvalidParameterValue.Model": chat.NotFound, "InvalidAction": chat.NotFound,
		"RequestSizeLimitExceeded": chat.TooLarge, "ServiceUnavailable": chat.Overloaded, "InternalError": chat.Server, "FailedOperation.EngineRequestTimeout": chat.Server,
		"InvalidParameter": chat.BadRequest, "SomethingNew": chat.BadRequest,
	} {
		body := `{"Response":{"Error":{"Code":"` + code + `","Message":"said"},"RequestId":"r"}}`
		if f := (TencentTC3{}).Failure(400, http.Header{}, []byte(body)); f.Class != want || !strings.Contains(f.Message, "said ("+code+")") {
			t.Errorf("%s: %v", code, f)
		}
	}
	if f := (TencentTC3{}).Failure(502, http.Header{}, []byte("<html><title>Bad Gateway</title>")); f.Class != chat.Server {
		t.Errorf("a gateway's page: %v", f)
	}
}

// FuzzTC3Decoder holds the decoder to its invariants: how the bytes were split does
// not matter, nor when the events are decoded; a complete outcome has a reason for
// stopping, an incomplete one a failure; no chunk is empty, no count can not be.
func FuzzTC3Decoder(f *testing.F) {
	delta := func(d, finish string) string {
		return `data: {"Note":"n","Choices":[{"Delta":{` + d + `},"FinishReason":"` + finish + `","Index":0}],"Created":1,"Id":"i","Usage":{"PromptTokens":7,"CompletionTokens":4,"TotalTokens":11}}` + "\n\n"
	}
	for i, body := range []string{
		delta(`"Role":"assistant","Content":"Move"`, "") + delta(`"Content":""`, "stop"),
		delta(`"ReasoningContent":"hm"`, "") + delta(`"Content":"Move"`, "sensitive"),
		delta(`"ToolCalls":[{"Index":0,"Id":"c","Type":"function","Function":{"Name":"f","Arguments":"{}"}}]`, "tool_calls") + "data: [DONE]\n\n",
		delta(`"Content":"Move"`, "") + `data: {"Choices":[],"ErrorMsg":{"Msg":"m","Code":4001}}` + "\n\n",
		`data: {"Response":{"Error":{"Code":"AuthFailure","Message":"m"}}}` + "\n\n",
		`{"Response":{"Error":{"Code":"AuthFailure","Message":"m"},"RequestId":"r"}}`,
		`{"Response":{"Choices":[{"Message":{"Role":"assistant","Content":"Move"},"FinishReason":"stop"}]}}`,
	} {
		f.Add([]byte(body), uint8(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, body []byte, split uint8, cut bool) {
		holdDecoder(t, TencentTC3{}, body, streaming, split, cut)
	})
}
