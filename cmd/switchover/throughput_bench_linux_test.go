package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// What both clients do in BenchmarkThroughput.
const (
	throughputUsers    = 64
	throughputRequests = 60_000
	// completion is what they are answered.
	completion = `{"id":"c-1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant",` +
		`"content":"It is."},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":3}}`
	question = "Which replacement carries our chat traffic when the one we use is gone?"
)

func init() { commands["completions"] = serveCompletions }

// serveCompletions is a server that answers every question at once. It counts its
// answers in steps; asked for the counts, it begins anew.
func serveCompletions() {
	const steps = 6000
	zero := time.Now()
	counts := new([steps]atomic.Int64)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, completion)
		counts[min(int(time.Since(zero)/countStep), steps-1)].Add(1)
	})
	mux.HandleFunc("GET /counts", func(w http.ResponseWriter, _ *http.Request) {
		var out []int64
		from, to := len(counts), 0
		for i := range counts {
			n := counts[i].Swap(0)
			if n > 0 {
				from, to = min(from, i), i+1
			}
			out = append(out, n)
		}
		from = min(from, to)
		_ = json.NewEncoder(w).Encode(counted{Zero: zero.Add(time.Duration(from) * countStep).UnixNano(), Counts: out[from:to]})
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }() // never outlives who started it
	fmt.Fprintln(os.Stderr, http.Serve(l, mux))
}

// countStep is what the server counts its answers by.
const countStep = 100 * time.Millisecond

// counted are a server's answers in each step, from an instant of the wall clock.
type counted struct {
	Zero   int64
	Counts []int64
}

// BenchmarkThroughput compares the requests a second that one core makes, answered
// at once without streaming, with those of vegeta's own command: the same server on
// the other core, which does the counting, the same requests, as many users. Both
// keep a result of every request: switchover its journal, vegeta its file.
//
// The machine's rest disturbs either, so they take turns, and the medians are
// compared. The server must not be what is measured: its share of its core is
// reported. So is the processor time of a request, which says the same where the
// client has its core to itself, and more where it has not.
func BenchmarkThroughput(b *testing.B) {
	vegeta, ours := buildVegeta(b), buildRelease(b)
	server := startCompletions(b)
	var them, us []measured
	for b.Loop() {
		for turn := range 12 {
			mine := turn%4 == 0 || turn%4 == 3 // neither always follows the other
			if mine {
				us = append(us, server.run(b, ours, writeScenario(b, server.address)))
			} else {
				them = append(them, server.attack(b, vegeta))
			}
		}
	}
	rate := func(m measured) float64 { return m.rate }
	cpu := func(m measured) float64 { return m.cpu }
	b.ReportMetric(middle(us, rate), "requests/s")
	b.ReportMetric(middle(them, rate), "requests/s-vegeta")
	b.ReportMetric(middle(us, rate)/middle(them, rate), "x-requests-switchover/vegeta")
	b.ReportMetric(middle(us, cpu), "us-cpu/request")
	b.ReportMetric(middle(them, cpu), "us-cpu/request-vegeta")
	b.ReportMetric(middle(them, cpu)/middle(us, cpu), "x-requests/cpu-switchover/vegeta")
	b.ReportMetric(100*middle(us, func(m measured) float64 { return m.server }), "%-server-busy")
	b.ReportMetric(100*middle(them, func(m measured) float64 { return m.server }), "%-server-busy-vegeta")
	b.ReportMetric(0, "ns/op")
	for i := range us {
		b.Logf("switchover %.0f/s, vegeta %.0f/s", us[i].rate, them[i].rate)
	}
}

// measured is one client's turn.
type measured struct {
	rate   float64 // answers a second in its middle
	cpu    float64 // microseconds of the client's processor time a request, in its middle
	server float64 // share of its core that the server was busy
}

func middle(of []measured, f func(measured) float64) float64 {
	values := make([]float64, 0, len(of))
	for _, m := range of {
		values = append(values, f(m))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// completions is the server's process.
type completions struct {
	address string
	cmd     *exec.Cmd
}

func startCompletions(b *testing.B) *completions {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "completions")
	cmd.Stderr = os.Stderr
	out := startServer(b, cmd)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("the server does not listen: %v", err)
	}
	return &completions{address: strings.TrimSpace(address), cmd: cmd}
}

// measure has a client run on the other core and counts what the server answered.
func (s *completions) measure(b *testing.B, client *exec.Cmd) (m measured, answered int) {
	b.Helper()
	s.counts(b)
	if err := startOn(1, client); err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = client.Wait() // a client that was busy throughout calls its run invalid: the caller looks at what was done
	}()
	var used []usage
	for over := false; !over; {
		select {
		case <-ended:
			over = true
		case <-time.After(countStep / 2):
			used = append(used, usage{time.Now().UnixNano(), busy(client.Process.Pid), busy(s.cmd.Process.Pid)})
		}
	}
	got := s.counts(b)
	for _, n := range got.Counts {
		answered += int(n)
	}
	// The middle: connections are open, and no user has finished.
	cut := len(got.Counts) / 5
	if len(got.Counts)-2*cut < 10 {
		b.Fatalf("%s: answered for %d tenths of a second, too short to measure", client.Path, len(got.Counts))
	}
	steady := 0
	for _, n := range got.Counts[cut : len(got.Counts)-cut] {
		steady += int(n)
	}
	length := time.Duration(len(got.Counts)-2*cut) * countStep
	from := at(used, got.Zero+int64(cut)*int64(countStep))
	to := at(used, got.Zero+int64(len(got.Counts)-cut)*int64(countStep))
	m.rate = float64(steady) / length.Seconds()
	m.cpu = float64((to.client - from.client).Microseconds()) / float64(steady)
	m.server = (to.server - from.server).Seconds() / length.Seconds()
	return m, answered
}

// usage is the processor time used until an instant of the wall clock.
type usage struct {
	at             int64
	client, server time.Duration
}

// at is the first usage from an instant on, else the last.
func at(used []usage, when int64) usage {
	for _, u := range used {
		if u.at >= when {
			return u
		}
	}
	return used[len(used)-1]
}

// counts are the server's since it was last asked.
func (s *completions) counts(b *testing.B) (got counted) {
	b.Helper()
	resp, err := http.Get("http://" + s.address + "/counts")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		b.Fatal(err)
	}
	return got
}

// busy is the processor time that a process has used; 0 once it has ended.
func busy(pid int) (used time.Duration) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// Its name, which may hold spaces, ends with a parenthesis; utime and stime are
	// the 12th and 13th after it, in hundredths of a second.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, f := range fields[11:13] {
		n, _ := strconv.Atoi(f) // the kernel writes numbers there
		used += time.Duration(n) * 10 * time.Millisecond
	}
	return used
}

// run is a turn of switchover: a run, journalled and reported as any.
func (s *completions) run(b *testing.B, binary, scenario string) measured {
	b.Helper()
	root := b.TempDir()
	var said bytes.Buffer
	cmd := exec.CommandContext(b.Context(), binary, "run", "--quiet", "--results", root, scenario)
	cmd.Stdout, cmd.Stderr = &said, &said
	m, answered := s.measure(b, cmd)
	dir, err := results.Find(root, "latest")
	if err != nil {
		b.Fatalf("%v\n%s", err, said.String())
	}
	data, err := results.Read(dir)
	if err != nil {
		b.Fatal(err)
	}
	for i := range data.Records {
		if r := &data.Records[i]; !r.OK() {
			b.Fatalf("%s: %+v", r.ID, r.Error)
		}
	}
	if len(data.Records) != throughputRequests || answered != throughputRequests {
		b.Fatalf("%d answered, %d journalled, want %d\n%s", answered, len(data.Records), throughputRequests, said.String())
	}
	return m
}

func writeScenario(b *testing.B, address string) (file string) {
	b.Helper()
	dir := b.TempDir()
	file = filepath.Join(dir, "throughput.yaml")
	scenario := fmt.Sprintf(`name: throughput
targets: [{name: a, url: "http://%s/v1", model: m, params: {max_tokens: 64}}]
workload: {conversations: {file: asked.jsonl, format: conversations}}
load: [{name: full, mode: concurrency, users: %d, requests: %d}]
`, address, throughputUsers, throughputRequests)
	asked := fmt.Sprintf(`{"item": "one", "turns": [%q]}`+"\n", question)
	for name, text := range map[string]string{file: scenario, filepath.Join(dir, "asked.jsonl"): asked} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return file
}

// attack is a turn of vegeta's command, with the request that switchover sends.
func (s *completions) attack(b *testing.B, binary string) measured {
	b.Helper()
	req := chat.Request{ID: "full/a/0/0/1", Model: "m", Params: chat.Params{MaxTokens: 64},
		Messages: []chat.Message{{Role: chat.User, Content: question}}}
	chat.WithSalt(req.Messages, chat.Salt("1 throughput", "full", 0))
	asked, _, err := wire.OpenAI{}.Encode(wire.Endpoint{URL: "http://" + s.address + "/v1"}, req)
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(asked.Body)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	bodyFile, kept := filepath.Join(dir, "body.json"), filepath.Join(dir, "results.bin")
	if err := os.WriteFile(bodyFile, body, 0o600); err != nil {
		b.Fatal(err)
	}
	users := strconv.Itoa(throughputUsers)
	args := []string{"attack", "-rate=0", "-workers=" + users, "-max-workers=" + users, "-duration=3s",
		"-body=" + bodyFile, "-output=" + kept}
	for name, values := range asked.Header {
		args = append(args, "-header="+name+": "+values[0])
	}
	cmd := exec.CommandContext(b.Context(), binary, args...)
	cmd.Stdin = strings.NewReader("POST " + asked.URL.String() + "\n")
	cmd.Stderr = os.Stderr
	m, answered := s.measure(b, cmd)
	report, err := exec.CommandContext(b.Context(), binary, "report", "-type=json", kept).Output()
	if err != nil {
		b.Fatalf("vegeta's report: %v", err)
	}
	var found struct {
		Requests int     `json:"requests"`
		Success  float64 `json:"success"`
	}
	if err := json.Unmarshal(report, &found); err != nil || found.Requests != answered || found.Success != 1 {
		b.Fatalf("vegeta kept %d of %d, a share of %v successful: %v", found.Requests, answered, found.Success, err)
	}
	return m
}

// buildVegeta builds vegeta's command, in the version whose library is used here.
func buildVegeta(b *testing.B) string {
	b.Helper()
	const module = "github.com/tsenart/vegeta/v12"
	version, err := exec.CommandContext(b.Context(), "go", "list", "-m", "-f", "{{.Version}}", module).Output()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	build(b, []string{"GOBIN=" + dir}, "install", module+"@"+strings.TrimSpace(string(version)))
	return filepath.Join(dir, "vegeta")
}

// startServer starts a process that runs on the first processor until its input ends,
// and returns what it prints.
func startServer(b *testing.B, cmd *exec.Cmd) io.Reader {
	b.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := startOn(0, cmd); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	return out
}

// startOn starts a process that runs on one processor, if there are two.
func startOn(processor int, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || all.Count() < 2 {
		return cmd.Start()
	}
	for i, seen := 0, 0; seen <= processor; i++ {
		if all.IsSet(i) {
			if seen == processor {
				one.Set(i)
			}
			seen++
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil { // the child inherits it
		return err
	}
	err := cmd.Start()
	if restored := unix.SchedSetaffinity(0, &all); err == nil {
		err = restored
	}
	return err
}
