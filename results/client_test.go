package results

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"switchover/targets/chat"
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

func wakes(late int64) func(*Data) {
	return func(d *Data) { d.Events[0].Data = data(ClientHealth{WakeLagP99: late}) }
}

// clumped has answers of seven tokens come in threes, 20 ms a token, that lay in the
// kernel for so long.
func clumped(lag time.Duration, then func(*Data)) func(*Data) {
	return func(d *Data) {
		for i := range d.Records {
			r := &d.Records[i]
			r.Chunks = []Chunk{r.Chunks[0], ch(0, 1, "c"), ch(0, 1, "c"), ch(60, 1, "c"), ch(0, 1, "c"), ch(0, 1, "c"), ch(60, 1, "c"), ch(0, 1, "c")}
			r.LastToken = At(time.Duration(r.FirstToken.Or(0)) + 120*time.Millisecond)
			r.OutputTokens = Known(8)
			if r.Clock == ClockKernel {
				r.ReceiveLag = At(lag)
			}
		}
		if then != nil {
			then(d)
		}
	}
}

// unsent has the last n requests fail because this machine could not send them.
func unsent(n int) func(*Data) {
	return func(d *Data) {
		for i := len(d.Records) - n; i < len(d.Records); i++ {
			r := &d.Records[i]
			*r = Record{ID: r.ID, Target: r.Target, Stage: r.Stage, Session: r.Session, Attempt: 1, Item: r.Item, Intended: r.Intended, Scheduled: r.Scheduled,
				End: r.Intended, Error: &Error{Class: chat.Client, Message: "this machine could not open a connection: too many open files"}}
		}
	}
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
		{"249 of 250 dropped", fitness(1, 200, 20, ClockUser, 0, dropped(249)), "dropped 99.6 % of departures, over 1 %"},
		{"scheduler 2 ms at gaps of 20 ms", fitness(100, 200, 20, ClockUser, 0, health1(2e6)), ""},
		{"scheduler 2.1 ms", fitness(100, 200, 20, ClockUser, 0, health1(2.1e6)), "latency p99 is 2.1 ms, over 10 % of the median token gap of 20 ms"},
		{"timers 2 ms late at gaps of 20 ms", fitness(100, 200, 20, ClockUser, 0, wakes(2e6)), ""},
		{"timers 2.1 ms", fitness(100, 200, 20, ClockUser, 0, wakes(2.1e6)), "woke late: by 2.1 ms (p99), over 10 % of the median token gap of 20 ms"},
		{"timers are 1 ms late by themselves, however quick the target", fitness(100, 200, 2, ClockUser, 0, wakes(1.9e6)), ""},
		{"on the kernel's clock timers do not matter", fitness(100, 200, 20, ClockKernel, 0, wakes(50e6)), ""},
		{"gaps that a late client made none are no excuse for it", fitness(100, 200, 20, ClockUser, 0, clumped(0, wakes(5e6))), "over 10 % of the median token gap of 17.1 ms"},
		{"tokens that came together through the client", fitness(100, 200, 20, ClockKernel, 0, clumped(25*time.Millisecond, nil)), "read late: 62 % of tokens lost their own stamp"},
		{"tokens that were sent together", fitness(100, 200, 20, ClockKernel, 0, clumped(2*time.Millisecond, nil)), ""},
		{"1 of 100 could not be sent", fitness(100, 200, 20, ClockUser, 0, unsent(1)), ""},
		{"on the kernel's clock the scheduler does not matter", fitness(100, 200, 20, ClockKernel, 0, health1(2.1e6)), ""},
	} {
		if tc.s.Valid != (tc.want == "") || len(tc.s.Reasons) > 1 || tc.want != "" && !strings.Contains(strings.Join(tc.s.Reasons, "\n"), tc.want) {
			t.Errorf("%s: valid %v, reasons %q; want %q", tc.intent, tc.s.Valid, tc.s.Reasons, tc.want)
		}
	}
}

// What this machine could not send is no failure of the target's, and why it could
// not stands beside what came of it.
func TestTheClientsFailuresAreItsOwn(t *testing.T) {
	s := fitness(100, 200, 20, ClockUser, 0, unsent(30))
	counts, rate := s.Targets[0].Stages[0].Counts, s.Targets[0].Figures["error_rate"]
	if counts.Failed != 0 || counts.Dropped != 30 || counts.Succeeded != 70 || rate.Value == nil || *rate.Value != 0 || s.Targets[0].Cause != nil {
		t.Errorf("%d failed, %d dropped, %d succeeded, error rate %v, cause %v", counts.Failed, counts.Dropped, counts.Succeeded, rate.Value, s.Targets[0].Cause)
	}
	if w := s.Targets[0].Stages[0].Window; w.AchievedPerS >= w.OfferedPerS {
		t.Errorf("%g of %g requests a second are said to have left", w.AchievedPerS, w.OfferedPerS)
	}
	if said := strings.Join(s.Reasons, "\n"); s.Valid || !strings.Contains(said, "dropped 30 % of departures") || !strings.Contains(said, "too many open files") {
		t.Errorf("valid %v: %q", s.Valid, s.Reasons)
	}
	for want, health := range map[string]ClientHealth{
		"50 of 100 departures waited for a connection, of which this process can have 7: raise its file limit (ulimit -n)": {Waited: 50, SocketLimit: 7},
		"50 of 100 departures waited for others to end":                                                                    {Waited: 50},
	} {
		held := func(d *Data) { d.Events[0].Data = data(health) }
		if s := fitness(100, 200, 20, ClockUser, 5000, held); s.Valid || !strings.Contains(strings.Join(s.Reasons, "\n"), want) {
			t.Errorf("valid %v: %q, want %q", s.Valid, s.Reasons, want)
		}
		if s := fitness(100, 200, 20, ClockUser, 0, held); !s.Valid {
			t.Errorf("what waited and left in time does no harm: %q", s.Reasons)
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
	if s := fitness(50, 200, 20, ClockUser, 0, func(d *Data) {
		for i := range d.Records[:20] {
			d.Records[i].TokenSource = FromChunks
		}
	}); !strings.HasSuffix(said(s), " gave no token counts with 20 of 50 answers: each chunk of those counts as one token, in tokens/s, TPOT and token gaps") {
		t.Errorf("answers without usage: %q", s.Warnings)
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
