package drive_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/scenarios/drive"
	"switchover/targets"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// doorbell answers at once and notes when each request came.
type doorbell struct {
	mu   sync.Mutex
	came []time.Time
}

func (d *doorbell) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
	d.mu.Lock()
	d.came = append(d.came, now)
	d.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
}

// indexOfDispersion is the variance of the counts in windows over their mean: 1
// for a Poisson process, 0 for an even one.
func indexOfDispersion(at []time.Duration, width, length time.Duration) float64 {
	counts := make([]float64, length/width)
	for _, t := range at {
		if i := int(t / width); i >= 0 && i < len(counts) {
			counts[i]++
		}
	}
	n := float64(len(counts))
	var mean, variance float64
	for _, c := range counts {
		mean += c / n
	}
	for _, c := range counts {
		variance += (c - mean) * (c - mean) / (n - 1)
	}
	return variance / mean
}

// BenchmarkPoissonDispersion drives a Poisson plan over real sockets and compares
// the index of dispersion of what was planned with that of what arrived at the
// server, over 1, 4 and 16 connections. Both should be 1 within the sampling
// error of 200 windows, 0.4 at four standard errors, and close to each other. A
// machine that is busy with something else delays departures and then lets them
// go together, which clusters what arrives: late-max-ms shows it, and
// TestPoissonOverConnections, in virtual time, is free of it.
func BenchmarkPoissonDispersion(b *testing.B) {
	const rate, length, width = 300, 10 * time.Second, 50 * time.Millisecond
	for _, connections := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			for b.Loop() {
				plan := poissonPlan(b, rate, length)
				bell := &doorbell{}
				began, late := ringFor(b, plan, bell, connections)
				var planned, arrived []time.Duration
				for _, s := range plan.Stages[0].Starts {
					planned = append(planned, s.At)
				}
				for _, t := range bell.came {
					arrived = append(arrived, t.Sub(began))
				}
				if len(arrived) != len(planned) {
					b.Fatalf("%d arrived, %d planned", len(arrived), len(planned))
				}
				b.ReportMetric(indexOfDispersion(planned, width, length), "dispersion-planned")
				b.ReportMetric(indexOfDispersion(arrived, width, length), "dispersion-arrived")
				b.ReportMetric(float64(late.Microseconds())/1000, "late-max-ms")
			}
		})
	}
}

// poissonPlan is one stage of short conversations.
func poissonPlan(b *testing.B, rate int, length time.Duration) *scenarios.Plan {
	b.Helper()
	src := fmt.Sprintf("name: p\nseed: 1\ntargets: [{name: a, simulate: {ttft: 1ms, tpot: 1ms}}]\nworkload: {conversations: bundled}\n"+
		"load: [{name: p, mode: open, rate: %d/s, duration: %s}]\n", rate, length)
	s, err := scenarios.Parse("p.yaml", []byte(src), scenarios.Env{})
	if err != nil {
		b.Fatal(err)
	}
	plan, err := scenarios.Compile(s, []results.Conversation{{Item: "ring", Turns: []string{"Anyone there?"}}})
	if err != nil {
		b.Fatal(err)
	}
	return plan
}

// ringFor carries out the plan over so many connections and returns when the
// stage began, and by how much the latest departure was late.
func ringFor(b *testing.B, plan *scenarios.Plan, bell *doorbell, connections int) (began time.Time, late time.Duration) {
	b.Helper()
	ts := httptest.NewServer(bell)
	defer ts.Close()
	protocol, _ := wire.Lookup("openai")
	target, err := targets.Open(targets.Spec{
		Name: "a", Protocol: protocol, Endpoint: wire.Endpoint{URL: ts.URL + "/v1", Model: "m"},
		Params: chat.Params{MaxTokens: 16}, MaxSockets: connections,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer target.Close()
	journal, zero := new(memory), time.Now()
	if _, err := drive.Run(b.Context(), drive.Config{Plan: plan, Targets: []*targets.Target{target}, Journal: journal, Zero: zero}); err != nil {
		b.Fatal(err)
	}
	for _, r := range journal.records {
		d, _ := results.Since(r.Start, r.Intended).Get()
		late = max(late, d)
	}
	for _, e := range journal.events {
		if e.Kind == results.EventStageStart {
			return zero.Add(time.Duration(e.T)), late
		}
	}
	b.Fatal("the stage did not begin")
	return zero, late
}
