package results

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// fitness summarises a run of one target: n answers with the given TTFT and token
// gap in milliseconds, the last late ones leaving that late.
func fitness(n int, ttft, gap int64, clock string, late int64, change func(*Data)) *Summary {
	run := handmadeRun()
	run.State, run.Targets = StateComplete, run.Targets[:1]
	d := &Data{Run: run, Conversations: handmadeConversations}
	for i := range n {
		r := attempt("inc", i, 0, int64(i)*1000)
		if i >= n-n/50 { // 2 %: enough to move p99
			r.Start = msec(int64(i)*1000 + late)
		}
		r.Chunks = []Chunk{ch(ttft, 1, "c"), ch(gap, 1, "c"), ch(gap, 1, "c")}
		r.Clock = clock
		d.Records = append(d.Records, *r.timed().answered(incPrice, 10, 3))
	}
	d.Events = []Event{{Kind: EventClient, Stage: "steady", Data: data(ClientHealth{})}}
	if change != nil {
		change(d)
	}
	s, _ := Summarise(d)
	return s
}

func health1(sched int64) func(*Data) {
	return func(d *Data) { d.Events[0].Data = data(ClientHealth{SchedLatencyP99: sched}) }
}

func dropped(n int) func(*Data) {
	return func(d *Data) {
		for i := range n {
			d.Events = append(d.Events, Event{Kind: EventDropped, Target: "inc", Stage: "steady", Data: data(Asked{ID: fmt.Sprint(i)})})
		}
	}
}

// TestClientFitness walks along both sides of each threshold.
func TestClientFitness(t *testing.T) {
	for _, tc := range []struct {
		intent string
		s      *Summary
		want   string // of the only reason; empty: valid
	}{
		{"on time", fitness(100, 200, 20, ClockUser, 0, nil), ""},
		{"9 ms late is within 10 ms", fitness(100, 200, 20, ClockUser, 9, nil), ""},
		{"12 ms late is not", fitness(100, 200, 20, ClockUser, 12, nil), "schedule lag p99 is 12 ms, over 10 ms"},
		{"12 ms late is within 2 % of 700 ms", fitness(100, 700, 20, ClockUser, 12, nil), ""},
		{"17 ms late is not", fitness(100, 700, 20, ClockUser, 17, nil), "over 14 ms (2 % of the median TTFT)"},
		{"1 of 100 dropped", fitness(99, 200, 20, ClockUser, 0, dropped(1)), ""},
		{"2 of 101 dropped", fitness(99, 200, 20, ClockUser, 0, dropped(2)), "dropped 2 % of departures, over 1 %"},
		{"scheduler 2 ms at gaps of 20 ms", fitness(100, 200, 20, ClockUser, 0, health1(2e6)), ""},
		{"scheduler 2.1 ms", fitness(100, 200, 20, ClockUser, 0, health1(2.1e6)), "latency p99 is 2.1 ms, over 10 % of the median token gap of 20 ms"},
		{"on the kernel's clock the scheduler does not matter", fitness(100, 200, 20, ClockKernel, 0, health1(2.1e6)), ""},
	} {
		if tc.s.Valid != (tc.want == "") || len(tc.s.Reasons) > 1 || tc.want != "" && !strings.Contains(strings.Join(tc.s.Reasons, "\n"), tc.want) {
			t.Errorf("%s: valid %v, reasons %q; want %q", tc.intent, tc.s.Valid, tc.s.Reasons, tc.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	said := func(s *Summary) string { return strings.Join(s.Warnings, "\n") }
	coalesced := func(d *Data) {
		for i := range d.Records {
			r := &d.Records[i]
			r.Chunks[2].Gap, r.Coalesced = 0, 1 // two reads, one of them with two events
		}
	}
	if s := fitness(50, 200, 20, ClockKernel, 0, coalesced); s.Client.CoalescedShare != 0.5 || !strings.Contains(said(s), "50 % of reads held more than one event") {
		t.Errorf("coalesced %v, warnings %q", s.Client.CoalescedShare, s.Warnings)
	}
	if s := fitness(50, 200, 20, ClockUser, 0, nil); s.Client.ReceiveLagP99.IsKnown() {
		t.Errorf("a receive lag on the user's clock: %v", s.Client.ReceiveLagP99)
	}
	if s := fitness(50, 200, 20, ClockKernel, 0, func(d *Data) {
		for i := range d.Records {
			d.Records[i].ReceiveLag = At(time.Duration(i) * time.Millisecond)
		}
	}); math.Abs(s.Client.ReceiveLagP99.Or(0)-0.04851) > 1e-9 { // rank 0.99 x 49 of 0 to 49 ms
		t.Errorf("receive lag p99 %v", s.Client.ReceiveLagP99)
	}
	if s := fitness(50, 200, 20, ClockUser, 0, func(d *Data) { d.Events = nil }); s.Valid || !strings.Contains(strings.Join(s.Reasons, "\n"), "health was not recorded in stage steady") {
		t.Errorf("no health event: valid %v, %q", s.Valid, s.Reasons)
	}
	if s := fitness(50, 200, 20, ClockUser, 0, func(d *Data) {
		d.Events = append(d.Events, Event{Kind: EventWarning, Data: data(Reason{"the key travels in clear"})})
	}); said(s) != "the key travels in clear" {
		t.Errorf("the run's own warning: %q", s.Warnings)
	}
	// Usage that counts 40 tokens where answer after answer streams 60 chunks, and a
	// target of one token a chunk of which every fifth answer is off.
	usage := func(tokens func(i int) int) func(*Data) {
		return func(d *Data) {
			for i := range d.Records {
				for len(d.Records[i].Chunks) < 60 {
					d.Records[i].Chunks = append(d.Records[i].Chunks, ch(1, 1, "c"))
				}
				d.Records[i].OutputTokens = Known(tokens(i))
			}
		}
	}
	for _, tc := range []struct {
		tokens func(int) int
		want   string
	}{
		{func(int) int { return 40 }, "usage counts fewer tokens than chunks were streamed (1.5 chunks a token)"},
		{func(i int) int { return 60 + 30*(i%5/4) }, "in 10 of 50 answers usage and streamed text disagree by more than 10 %"},
		{func(int) int { return 61 }, ""},
		{func(int) int { return 120 }, ""}, // two tokens a chunk
	} {
		if s := fitness(50, 200, 20, ClockUser, 0, usage(tc.tokens)); !strings.Contains(said(s), tc.want) || tc.want == "" && said(s) != "" {
			t.Errorf("warnings %q, want %q", s.Warnings, tc.want)
		}
	}
}
