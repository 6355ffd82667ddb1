package drive

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// counting counts what is written.
type counting struct {
	wire.Protocol
	written *int
}

func (c counting) Encode(ep wire.Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	*c.written++
	return c.Protocol.Encode(ep, req)
}

// What would be lost is counted over the different requests that the stages draw,
// however often each is asked.
func TestLossesOf(t *testing.T) {
	protocol, _ := wire.Lookup("anthropic")
	items := []results.Conversation{
		{Item: "plain", Turns: []string{"a", "b", "c"}},
		{Item: "seeded", Turns: []string{"a"}, Request: &chat.Request{Params: chat.Params{Seed: new(int64)}}},
		{Item: "heard", Turns: []string{"", "b"}, Parts: [][]chat.Part{{{Kind: chat.AudioPart, Data: "aGk="}}, nil}},
		{Item: "never drawn", Turns: []string{"a"}, Request: &chat.Request{ServiceTier: "flex"}},
	}
	p := &scenarios.Plan{Items: items, Stages: []scenarios.PlannedStage{
		{Starts: []scenarios.Start{{Item: 2}, {Item: 0}, {Item: 0}}}, {Starts: []scenarios.Start{{Item: 1}, {Item: 0}}}}}
	written := 0
	got := LossesOf(p, targets.Spec{Protocol: counting{protocol, &written}, Endpoint: wire.Endpoint{Model: "m"}, Params: chat.Params{MaxTokens: 9}})
	if got.Requests != 6 || got.Lossy != 3 || got.Unsaid != 0 || written != 5 {
		t.Errorf("%+v, %d written", got, written)
	}
	said := map[string]int{}
	for _, f := range got.Fields {
		if f.Why == "" {
			t.Errorf("%s without a reason", f.Loss)
		}
		said[f.String()] = f.Requests
	}
	if d := cmp.Diff(map[string]int{"audio: rejected": 2, "seed: dropped": 1}, said); d != "" {
		t.Error(d)
	}
}

// Of very many requests those alone are written that have other fields.
func TestLossesOfManyRequests(t *testing.T) {
	protocol, _ := wire.Lookup("anthropic")
	p := &scenarios.Plan{Stages: make([]scenarios.PlannedStage, 1)}
	for i := range 3 * maxWritten {
		c := results.Conversation{Item: fmt.Sprint(i), Turns: []string{"a"}}
		if i == 3*maxWritten-1 {
			c.Request = &chat.Request{Params: chat.Params{Seed: new(int64)}}
		}
		p.Items = append(p.Items, c)
		p.Stages[0].Starts = append(p.Stages[0].Starts, scenarios.Start{Item: i})
	}
	written := 0
	got := LossesOf(p, targets.Spec{Protocol: counting{protocol, &written}, Endpoint: wire.Endpoint{Model: "m"}, Params: chat.Params{MaxTokens: 9}})
	if got.Requests != 3*maxWritten || got.Lossy != 1 || written != maxWritten+1 {
		t.Errorf("%+v, %d written", got, written)
	}
}

// A request that cannot be written at all is said, and why.
func TestLossesOfWhatCannotBeWritten(t *testing.T) {
	protocol, _ := wire.Lookup("openai")
	p := &scenarios.Plan{Items: []results.Conversation{{Item: "a", Turns: []string{"a"}}}, Stages: []scenarios.PlannedStage{{Starts: []scenarios.Start{{}}}}}
	got := LossesOf(p, targets.Spec{Protocol: protocol, Endpoint: wire.Endpoint{URL: "http://[::1"}})
	if got.Unsaid != 1 || got.Why == "" {
		t.Errorf("%+v", got)
	}
}
