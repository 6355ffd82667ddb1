package main

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

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
	a := &app{err: io.Discard}
	items, _, err := a.conversations(s, "", 1<<20)
	if err != nil || len(items) != 20 {
		t.Fatalf("%d conversations, %v", len(items), err)
	}
	if _, _, err := a.conversations(s, "", textBytes(items)-1); err == nil || !strings.Contains(err.Error(), "the first 2 sources of its workload are more than") {
		t.Errorf("above the bound: %v", err)
	}
	if _, _, err := a.conversations(s, "", textBytes(items)); err != nil {
		t.Errorf("at the bound: %v", err)
	}
}

// TestReading checks what is said of a file that takes long: how far it is, every few
// seconds.
func TestReading(t *testing.T) {
	var said strings.Builder
	now := time.Unix(0, 0)
	r := &reading{Reader: iotest.OneByteReader(strings.NewReader(strings.Repeat("x", 40))), out: &said, name: "prod.jsonl", size: 40, last: now,
		now: func() time.Time { now = now.Add(time.Second / 2); return now }}
	if b, err := io.ReadAll(r); err != nil || len(b) != 40 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	want := "reading prod.jsonl: 25 % of 1 MB\nreading prod.jsonl: 50 % of 1 MB\nreading prod.jsonl: 75 % of 1 MB\nreading prod.jsonl: 100 % of 1 MB\n"
	if said.String() != want {
		t.Errorf("said %q", said.String())
	}
}
