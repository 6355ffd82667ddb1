package main

import (
	"strings"
	"testing"

	"switchover/scenarios"
)

// The sources of a mix have one bound together: sixteen of them, each within its
// own, would fill the memory.
func TestMixesAreBounded(t *testing.T) {
	s, err := scenarios.Parse("mix.yaml", []byte(`
name: mix
targets: [{name: sim, simulate: {ttft: 1ms, tpot: 1ms}}]
workload:
  - {weight: 1, synthetic: {input_tokens: 100, conversations: 10}}
  - {weight: 1, synthetic: {input_tokens: 100, conversations: 10}}
load: [{mode: users, users: 1, conversations: 1}]
`), scenarios.Env{})
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := conversations(s, "", 1<<20)
	if err != nil || len(items) != 20 {
		t.Fatalf("%d conversations, %v", len(items), err)
	}
	if _, _, err := conversations(s, "", textBytes(items)-1); err == nil || !strings.Contains(err.Error(), "the first 2 sources of its workload are more than") {
		t.Errorf("above the bound: %v", err)
	}
	if _, _, err := conversations(s, "", textBytes(items)); err != nil {
		t.Errorf("at the bound: %v", err)
	}
}
