package scenarios

import (
	"encoding/json"
	"io"
	"testing"

	"switchover/targets/chat"
	"switchover/targets/wire"
)

// A target with a template needs no protocol, is asked as the template says, and says
// the same when a run's own copy of the scenario is read again.
func TestTemplateOfATarget(t *testing.T) {
	first, err := Parse("http.yaml", []byte(`name: own
targets:
  - name: own
    url: http://10.0.0.5:8000/base
    model: m
    key: {env: KEY}
    params: {max_tokens: 9}
    http:
      path: /generate
      key_header: X-My-Key
      body: {inputs: "{{prompt}}", parameters: {max_new_tokens: "{{max_tokens}}", seed: "{{seed}}", do_sample: false, n: 0x2}}
      stream: sse
      done_line: "[DONE]"
      text: token.text
      text_is: whole
      reasoning: token.thought
      finish: details.finish_reason
      model: model
      input_tokens: details.read
      output_tokens: details.generated_tokens
      error: fault
workload: {conversations: bundled}
load: [{mode: users, users: 1, conversations: 1}]
`), Env{LookupEnv: keys})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("run.json", kept, Env{LookupEnv: keys})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Scenario{first, again} {
		own := &s.Targets[0]
		if own.Protocol != "http" {
			t.Errorf("protocol %q", own.Protocol)
		}
		template, err := own.HTTP.Template()
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := wire.HTTP{Template: template}.Encode(wire.Endpoint{URL: own.URL, Model: own.Model},
			chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "Hi"}}, Params: own.ChatParams()})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"inputs":"Hi","parameters":{"do_sample":false,"max_new_tokens":9,"n":2}}`; string(body) != want || r.URL.String() != "http://10.0.0.5:8000/base/generate" {
			t.Errorf("asked %s: %s, want %s", r.URL, body, want)
		}
	}
	if mustJSON(t, first) != mustJSON(t, again) {
		t.Errorf("kept otherwise:\n%s\n%s", mustJSON(t, first), mustJSON(t, again))
	}
}
