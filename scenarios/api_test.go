package scenarios

import (
	"encoding/json"
	"strings"
	"testing"

	"switchover/targets/chat"
)

const apiScenario = `name: api
targets:
  - name: claude
    protocol: bedrock
    url: https://bedrock-runtime.eu-central-1.amazonaws.com
    model: m
    key: {env: SECRET_KEY}
    key_id: {env: KEY_ID}
    session: {env: SESSION}
    region: eu-central-1
    stream: false
    strict: true
    headers: {X-Team: chat}
    params:
      top_k: 40
      temperature: as-allowed
      thinking: {budget: 2048}
      effort: low
      extra: {options: {num_ctx: 8192, list: [1, 0x10, 1.5, true, null, "2"]}}
  - {name: direct, url: anthropic, model: m, api_version: 2023-06-01}
workload: {conversations: bundled}
load: [{mode: users, users: 1, conversations: 1}]
`

func keys(name string) (string, bool) { return "a-value-of-" + name, true }

func TestWhatAnAPINeedsIsRead(t *testing.T) {
	s, err := Parse("api.yaml", []byte(apiScenario), Env{LookupEnv: keys})
	if err != nil {
		t.Fatal(err)
	}
	c := &s.Targets[0]
	if c.Region != "eu-central-1" || s.Targets[1].APIVersion != "2023-06-01" || !c.Strict || c.KeyID.Env != "KEY_ID" || c.Session.Env != "SESSION" || c.Headers["X-Team"] != "chat" {
		t.Errorf("%+v", c)
	}
	p := c.ChatParams()
	if !p.Whole || !p.AsAllowed || p.Temperature != nil || *p.TopK != 40 || p.Thinking != (chat.Thinking{Mode: chat.ThinkingOn, Budget: 2048, Effort: "low"}) {
		t.Errorf("%+v", p)
	}
	if got, want := string(p.Extra["options"]), `{"list":[1,16,1.5,true,null,"2"],"num_ctx":8192}`; got != want {
		t.Errorf("extra %s, want %s", got, want)
	}
	again, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(again), `"extra":{"options":{"list":[1,16,1.5,true,null,"2"],"num_ctx":8192}}`) {
		t.Errorf("%v: %s", err, again)
	}
}

func TestMistakesInWhatAnAPINeeds(t *testing.T) {
	for _, tc := range []struct{ old, new, say string }{
		{"headers: {X-Team: chat}", "headers: {Authorization: Bearer sk-secret-9}", "a key does not belong into headers"},
		{"headers: {X-Team: chat}", "headers: {Content-Length: \"3\"}", "this header is set by the program itself"},
		{"headers: {X-Team: chat}", "headers: {\"X Team\": chat}", "this is no header"},
		{"    key_id: {env: KEY_ID}\n", "", "a session token belongs to a signing key"},
		{"    key: {env: SECRET_KEY}\n", "", "half of a signing key has no use alone"},
		{"region: eu-central-1", "region: EU Central", "is no region"},
		{"thinking: {budget: 2048}", "thinking: sometimes", "is none of on, off, adaptive"},
		{"thinking: {budget: 2048}", "thinking: {mode: off, budget: 9}", "a budget for reasoning that is off"},
		{"effort: low", "effort: heroic", "is none of none, minimal"},
		{"top_k: 40", "top_k: 0", "too small"},
		{"stream: false", "stream: sometimes", "where true or false belongs"},
	} {
		if !strings.Contains(apiScenario, tc.old) {
			t.Fatal(tc.old)
		}
		_, err := Parse("api.yaml", []byte(strings.Replace(apiScenario, tc.old, tc.new, 1)), Env{LookupEnv: keys})
		if err == nil || !strings.Contains(err.Error(), tc.say) || strings.Contains(err.Error(), "sk-secret-9") {
			t.Errorf("%s: %v, want %q", tc.new, err, tc.say)
		}
	}
}
