package results

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"switchover/targets/chat"
)

// The bars for a journal of a million records of 20 chunks, on two cores.
const (
	millionSeconds = 15
	millionMiB     = 256
	millionChunks  = 20
)

// millionRun is four targets under open load with conversations of two turns: some
// retried, some failed, some reasoning, answers through 64 items.
func millionRun() (*Run, []Conversation) {
	run := smallRun()
	run.State, run.Targets, run.Stages = StateComplete, nil, []RunStage{{Name: "steady", Mode: "open", Measure: true, Rate: 50, Duration: 2500e9}}
	run.Policy.Objectives = []Bound{{Name: "ttft_p90", Op: "<=", Limit: ptr(0.5), Text: "500ms"}}
	run.Policy.Weights = map[string]float64{"latency": 2, "cost": 1, "speed": 1}
	for i, name := range []string{"today", "large", "small", "ours"} {
		run.Targets = append(run.Targets, RunTarget{Name: name, Incumbent: i == 0, Protocol: "openai", URL: "https://api.example.com/v1", Model: "m", Price: incPrice})
	}
	var convs []Conversation
	for i := range 64 {
		convs = append(convs, Conversation{Item: fmt.Sprintf("support-%02d", i), Turns: []string{"the first question", "the second"}})
	}
	return run, convs
}

// millionAnswer is record i of n as a driver would write it.
func millionAnswer(r *rand.Rand, run *Run, i, n int) Record {
	target := &run.Targets[i%len(run.Targets)]
	k := i / len(run.Targets)
	session, turn := k/2, k%2
	span := float64(run.Stages[0].Duration)
	due := int64(span*float64(session)/float64(n/8)) + int64(turn)*2e9 + r.Int64N(1e7)
	rec := Record{Target: target.Name, Stage: "steady", Session: session, Turn: turn, Attempt: 1, Item: fmt.Sprintf("support-%02d", session%64),
		Intended: Known(due), Scheduled: Known(due), Start: Known(due + 2e5 + r.Int64N(8e5)), Reused: i%50 != 0, Status: 200, Clock: ClockKernel, Model: target.Model,
		RequestHash: "4bb1b4766c9b35f46a352df560c07d4a84302cf639888efc3a2563ca8f2e5ad6"}
	rec.identify()
	start := rec.Start.Or(0)
	if !rec.Reused {
		rec.Connect = Known(5e5 + r.Int64N(1e6))
	}
	rec.Sent = Known(start + 3e4 + r.Int64N(5e4))
	rec.FirstByte, rec.ReceiveLag = Known(start+3e7+r.Int64N(2e8)), Known(r.Int64N(2e6))
	if i%100 == 0 {
		return *rec.failed(incPrice, 503, chat.Overloaded, (start+4e7)/1e6)
	}
	gap := rec.FirstByte.Or(0) - start + r.Int64N(1e6)
	for range millionChunks {
		rec.Chunks = append(rec.Chunks, Chunk{Gap: time.Duration(gap), Tokens: 1, Kind: "c"})
		gap = 12e6 + r.Int64N(16e6)
	}
	rec.timed().answered(incPrice, 100+r.IntN(400), millionChunks)
	rec.End = Known(rec.LastToken.Or(0) + r.Int64N(1e6))
	rec.Events, rec.FirstEvent, rec.LastEvent, rec.UsageEvent = millionChunks+2, rec.FirstByte, rec.End, rec.End
	rec.Text = "I recommend the second way of doing it, because it fails loudly when an assumption is wrong: \"no entry\"."
	return rec
}

// writeMillion journals n records and as many events of what was asked.
func writeMillion(b *testing.B, n int) (dir string) {
	run, convs := millionRun()
	j, err := Create(b.TempDir(), run, convs)
	if err != nil {
		b.Fatal(err)
	}
	if err := j.Event(Event{T: int64(run.Stages[0].Duration), Kind: EventClient, Stage: "steady", Data: data(ClientHealth{})}); err != nil {
		b.Fatal(err)
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	files := map[string]*bufio.Writer{}
	for _, name := range []string{fileRequests, fileEvents} {
		f, err := os.OpenFile(filepath.Join(j.Dir(), name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		files[name] = bufio.NewWriterSize(f, 1<<20)
		defer files[name].Flush()
	}
	type written struct{ requests, events []byte }
	parts := make([]chan written, (n+999)/1000)
	for i := range parts {
		parts[i] = make(chan written, 1)
	}
	var all sync.WaitGroup
	room := make(chan struct{}, 16)
	all.Go(func() {
		for i := range parts {
			room <- struct{}{}
			all.Go(func() {
				requests, events := millionPart(run, i, n)
				parts[i] <- written{requests, events}
			})
		}
	})
	for _, p := range parts {
		w := <-p
		<-room
		files[fileRequests].Write(w.requests) // a failure stays, and shows below
		files[fileEvents].Write(w.events)
	}
	all.Wait()
	for _, f := range files {
		if err := f.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	return j.Dir()
}

// millionPart is the i-th 1,000 records of n, with their events.
func millionPart(run *Run, i, n int) (requests, events []byte) {
	r := rand.New(rand.NewPCG(uint64(i), 7))
	for k := i * 1000; k < min(n, (i+1)*1000); k++ {
		rec := millionAnswer(r, run, k, n)
		requests, _ = rec.appendJSON(requests)
		requests = append(requests, '\n')
		asked := Event{T: rec.Start.Or(0), Kind: EventAsked, Target: rec.Target, Stage: rec.Stage, Data: Asked{ID: rec.ID, WorstUSD: 0.0013}.Data()}
		events, _ = asked.appendJSON(events)
		events = append(events, '\n')
	}
	return requests, events
}

// millionDir names the folder that TestMillionInAChild summarises.
const millionDir = "SWITCHOVER_BENCH_MILLION"

// TestMillionInAChild is the process that BenchmarkMillionRecords measures.
func TestMillionInAChild(t *testing.T) {
	dir := os.Getenv(millionDir)
	if dir == "" {
		t.Skip("only BenchmarkMillionRecords runs this")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // as the command does
	began := time.Now()
	d, err := Skim(dir)
	if err != nil {
		t.Fatal(err)
	}
	read := time.Since(began)
	s, _ := Summarise(d)
	took := time.Since(began)
	if s.Target("today").Figures["ttft_p99"].High == nil {
		t.Error("no p99 of so many requests")
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	// Not the parent's rusage: Linux counts there what the parent had when it forked.
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kib int
	if _, err := fmt.Sscan(peak, &kib); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nMILLION %d %d %d %d\n", d.skimmed.pack.n, read.Milliseconds(), took.Milliseconds(), kib)
}

// BenchmarkMillionRecords holds a journal of a million records of 20 chunks (with
// -short a tenth of it), read and summarised by a process of its own, against its
// bars.
func BenchmarkMillionRecords(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n /= 10
	}
	dir := writeMillion(b, n)
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestMillionInAChild$", "-test.v")
		cmd.Env = append(os.Environ(), millionDir+"="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		var records, readMs, ms, kib int
		_, report, _ := strings.Cut(string(out), "MILLION")
		if _, err := fmt.Sscan(report, &records, &readMs, &ms, &kib); err != nil || records != n {
			b.Fatalf("%d records of %d, %v\n%s", records, n, err, out)
		}
		b.ReportMetric(float64(records)/(float64(ms)/1000), "records/s")
		b.ReportMetric(float64(readMs)/1000, "s-to-read")
		b.ReportMetric(float64(ms)/1000, "s")
		b.ReportMetric(float64(kib)/1024, "MiB-peak")
	}
	b.ReportMetric(millionSeconds*float64(n)/1e6, "s-bar")
	b.ReportMetric(millionMiB, "MiB-bar")
	b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "cores")
	b.ReportMetric(0, "ns/op")
}
