package results

import (
	"cmp"
	"container/heap"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"switchover/results/stats"
)

var tableSeeds = flag.Int("capacity-table", 0, "compute the table in Search's documentation anew, with so many seeds: minutes")

// erlang is a queue: requests come at random, at most places of them are served at
// once. Without service and first it is M/M/c with a mean of 1 s.
type erlang struct {
	places  int
	service func(*rand.Rand) float64 // s
	first   func(*rand.Rand) float64 // s from being served to the first token
}

func (e erlang) draw(r *rand.Rand) (service, first float64) {
	if e.service == nil {
		return r.ExpFloat64(), 0
	}
	return e.service(r), e.first(r)
}

// waits is the chance that a request waits longer than t seconds at a rate below
// places: Erlang's C formula times exp(-(c - rate) t).
func (e erlang) waits(rate, t float64) float64 {
	c, term, sum := float64(e.places), 1.0, 1.0
	for k := 1; k < e.places; k++ {
		term *= rate / float64(k)
		sum += term
	}
	busy := term * rate / c / (1 - rate/c)
	return busy / (sum + busy) * math.Exp(-(c-rate)*t)
}

// capacity is the rate at which a share of requests waits longer than t.
func (e erlang) capacity(share, t float64) float64 {
	low, high := 0.0, float64(e.places)
	for range 60 {
		if mid := (low + high) / 2; e.waits(mid, t) > share {
			high = mid
		} else {
			low = mid
		}
	}
	return low
}

// window simulates one window of a search with its own arrivals.
func (e erlang) window(r *rand.Rand, s *Search, ls Limits, number int, load float64, length time.Duration, whole bool) (Probe, int) {
	free := make(times, e.places)
	var answers []Answered
	for at := r.ExpFloat64() / load; at < length.Seconds(); at += r.ExpFloat64() / load {
		began := max(at, free[0])
		service, first := e.draw(r)
		free[0] = began + service
		rec := Record{Intended: At(seconds(at)), Start: At(seconds(at)), FirstToken: At(seconds(began + max(0, first))), End: At(seconds(free[0])), Complete: true}
		heap.Fix(&free, 0)
		a, _ := ls.Answer(&rec)
		answers = append(answers, a)
	}
	start := ProbeStart{Number: number, Load: load, Length: int64(length), Whole: whole, Starts: len(answers)}
	return s.Probe(ls, start, answers, nil), len(answers)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

type times []float64

func (h times) Len() int           { return len(h) }
func (h times) Less(i, j int) bool { return h[i] < h[j] }
func (h times) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *times) Push(x any)        { *h = append(*h, x.(float64)) }
func (h *times) Pop() any          { return nil } // only Fix is used

func limitsOf(name string, limit float64) Limits {
	return Policy{Objectives: []Bound{{Name: name, Op: "<=", Limit: &limit, Text: fmt.Sprint(limit)}}}.Limits()
}

// TestSearchAgainstErlang checks searches against the truth of the formula: within
// 5 % and bounds that hold for nine of ten seeds, in fewer requests than a sweep of
// ten windows over the same range.
func TestSearchAgainstErlang(t *testing.T) {
	const n = 10
	for _, c := range []struct {
		places    int
		objective string
		limit     float64
		share     float64
	}{{30, "ttft_p90", 0.1, 0.1}, {12, "ttft_p50", 0.1, 0.5}} {
		queue := erlang{places: c.places}
		truth := queue.capacity(c.share, c.limit)
		s := Search{Over: OverRate, From: truth / 6, To: 1.5 * truth, Within: 0.05, Each: int64(3 * time.Minute), Probes: 6}
		ls := limitsOf(c.objective, c.limit)
		within, held, asked, _ := queue.searches(n, &s, ls, truth)
		sweep := int(10 * 180 * (s.From + s.To) / 2)
		t.Logf("%s of M/M/%d, truth %.3f/s: within 5 %%: %d of %d; bounds hold: %d of %d; %d requests a search, %d a sweep",
			c.objective, c.places, truth, within, n, held, n, asked, sweep)
		if within < n*9/10 || held < n*9/10 || asked >= sweep {
			t.Errorf("%s of M/M/%d: within 5 %% %d of %d, bounds hold %d of %d, %d requests against %d", c.objective, c.places, within, n, held, n, asked, sweep)
		}
	}
}

// searches makes n searches and counts which come within 5 % of the truth and whose
// bounds hold it, the requests of one on average, and the mean error.
func (e erlang) searches(n int, s *Search, ls Limits, truth float64) (within, held, asked int, off float64) {
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		var probes []Probe
		for {
			load, length, whole, end := s.Next(ls, probes)
			if end != "" {
				break
			}
			p, n := e.window(r, s, ls, len(probes), load, length, whole)
			asked += n
			probes = append(probes, p)
		}
		est := s.Estimate(ls, probes)
		off += math.Abs(est.Value/truth-1) / float64(n)
		if math.Abs(est.Value/truth-1) <= 0.05 {
			within++
		}
		if est.Low <= truth && truth <= est.High {
			held++
		}
	}
	return within, held, asked / n, off
}

// long is the capacity by bisection over long runs.
func (e erlang) long(share, limit float64) float64 {
	low, high := 0.05*float64(e.places), 6*float64(e.places)
	for high/low > 1.002 {
		mid := math.Sqrt(low * high)
		r := rand.New(rand.NewPCG(9, 9))
		free := make(times, e.places)
		over, n, at := 0.0, 0.0, 0.0
		for i := range 1_500_000 {
			at += r.ExpFloat64() / mid
			began := max(at, free[0])
			service, first := e.draw(r)
			free[0] = began + service
			heap.Fix(&free, 0)
			if i > 50_000 {
				n++
				if began+max(0, first)-at > limit {
					over++
				}
			}
		}
		if over > share*n {
			high = mid
		} else {
			low = mid
		}
	}
	return math.Sqrt(low * high)
}

// TestSearchTable computes the table in Search's documentation.
func TestSearchTable(t *testing.T) {
	if *tableSeeds == 0 {
		t.Skip("run with -capacity-table 40")
	}
	batch := func(places int, first float64, shortest, longest int) erlang {
		return erlang{places, func(r *rand.Rand) float64 { return first + 0.03*float64(shortest+r.IntN(longest-shortest)) },
			func(r *rand.Rand) float64 { return first * (1 + 0.1*r.NormFloat64()) }}
	}
	for _, c := range []struct {
		name      string
		queue     erlang
		objective string
		limit     float64
	}{
		{"batch 64, ttft_p90", batch(64, 0.5, 10, 110), "ttft_p90", 1},
		{"batch 64, ttft_p99", batch(64, 0.5, 10, 110), "ttft_p99", 1},
		{"batch 8, ttft_p90", batch(8, 0.3, 10, 50), "ttft_p90", 0.8},
		{"M/M/4, ttft_p50", erlang{places: 4}, "ttft_p50", 0.5},
		{"M/M/4, ttft_p90, long queue", erlang{places: 4}, "ttft_p90", 2},
		{"M/M/4, ttft_p90, no queue", erlang{places: 4}, "ttft_p90", 0.1},
		{"M/M/1 of 200 ms, ttft_p90", erlang{1, func(r *rand.Rand) float64 { return r.ExpFloat64() / 5 }, func(*rand.Rand) float64 { return 0 }}, "ttft_p90", 1},
	} {
		ls := limitsOf(c.objective, c.limit)
		truth := c.queue.capacity(ls[0].Share, c.limit)
		if c.queue.service != nil {
			truth = c.queue.long(ls[0].Share, c.limit)
		}
		s := Search{Over: OverRate, From: truth / 8, To: 2 * truth, Within: 0.05, Each: int64(3 * time.Minute), Probes: 6}
		n := *tableSeeds
		within, held, asked, off := c.queue.searches(n, &s, ls, truth)
		t.Logf("%-28s %5.2f/s %4.1f %% %3d %3d of %d %3.0f %%", c.name, truth, 100*off, within, held, n, 100*float64(asked)/(10*180*(s.From+s.To)/2))
	}
}

// TestWhatASearchCounts checks what of a request misses which limit.
func TestWhatASearchCounts(t *testing.T) {
	rec := func(change func(*Record)) *Record {
		r := &Record{Intended: At(0), Start: At(0), FirstToken: At(time.Second), LastToken: At(3 * time.Second), End: At(3 * time.Second), Complete: true,
			Chunks: []Chunk{{time.Second, 1, "c"}, {time.Second, 4, "c"}, {time.Second, 1, "c"}}}
		change(r)
		return r
	}
	failed := func(r *Record) { r.Complete, r.Error = false, &Error{Class: "server"} }
	one := func(r *Record) { r.Chunks, r.LastToken = r.Chunks[:1], r.FirstToken }
	for _, c := range []struct {
		intent   string
		name     string
		limit    float64
		change   func(*Record)
		over, of float64
	}{
		{"in time", "ttft_p90", 1, func(*Record) {}, 0, 1},
		{"too late", "ttft_p90", 0.9, func(*Record) {}, 1, 1},
		{"failed, so no first token in time", "ttft_p90", 9, failed, 1, 1},
		{"answered", "error_rate", 0.01, func(*Record) {}, 0, 1},
		{"failed", "error_rate", 0.01, failed, 1, 1},
		{"four gaps of 250 ms and one of 1 s", "itl_p99", 0.5, func(*Record) {}, 1, 5},
		{"one chunk has no token time", "tpot_p50", 0.1, one, 0, 0},
		{"0.4 s a token", "tpot_p50", 0.3, func(*Record) {}, 1, 1},
	} {
		a, ok := limitsOf(c.name, c.limit).Answer(rec(c.change))
		if !ok || a.over[0] != c.over || a.of[0] != c.of {
			t.Errorf("%s: %v of %v, want %v of %v", c.intent, a.over, a.of, c.over, c.of)
		}
	}
	if _, ok := limitsOf("ttft_p90", 1).Answer(rec(func(r *Record) { r.Complete, r.Error = false, &Error{Class: "cancelled"} })); ok {
		t.Error("a cancelled request counts")
	}
	var names []string
	limit := 0.5
	for _, l := range (Policy{Objectives: []Bound{{Name: "ttft_p90", Op: "<=", Limit: &limit}, {Name: "goodput", Op: ">=", Limit: &limit},
		{Name: "quality", Op: ">=", Limit: &limit}, {Name: "error_rate", Op: "<=", Limit: &limit}, {Name: "latency_p99", Op: "<=", Limit: &limit}}}).Limits() {
		names = append(names, fmt.Sprintf("%s %.2g", l.Name, l.Share))
	}
	if want := []string{"ttft_p90 0.1", "error_rate 0.5", "latency_p99 0.01"}; !slices.Equal(names, want) {
		t.Errorf("limits %q, want %q", names, want)
	}
}

// TestHeadline checks which stage's figures are a target's.
func TestHeadline(t *testing.T) {
	point := func(name string) RunStage { return RunStage{Name: name, Measure: true, Sweep: "s"} }
	steady, search := RunStage{Name: "steady", Measure: true}, RunStage{Name: "search", Measure: true, Search: &Search{}}
	for _, c := range []struct {
		stages []RunStage
		want   string
	}{
		{[]RunStage{steady, point("p1"), point("p2"), search}, "steady"},
		{[]RunStage{point("p1"), point("p2"), search}, "p2"},
		{[]RunStage{search}, ""},
		{[]RunStage{{Name: "warm-up"}, point("p1")}, "p1"},
	} {
		if got := (&Run{Stages: c.stages}).headline(); got != c.want {
			t.Errorf("%v: headline %q, want %q", c.stages, got, c.want)
		}
	}
}

// TestSearchRefused checks that a run whose search cannot be is refused, and that
// events that no search can have written are no evidence.
func TestSearchRefused(t *testing.T) {
	sound := Search{Over: OverRate, From: 1, To: 8, Within: 0.05, Each: int64(time.Minute), Probes: 6}
	for want, change := range map[string]func(*Search){
		"over":   func(s *Search) { s.Over = "moon" },
		"from":   func(s *Search) { s.From = 0 },
		"to":     func(s *Search) { s.To = math.Inf(1) },
		"within": func(s *Search) { s.Within = math.NaN() },
		"window": func(s *Search) { s.Each = 0 },
	} {
		bad := sound
		change(&bad)
		run := Run{Stages: []RunStage{{Name: "c", Measure: true, Search: &bad}}}
		if err := run.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	run := &Run{Targets: []RunTarget{{Name: "a"}}, Stages: []RunStage{{Name: "c", Measure: true, Search: &sound}}, Policy: Policy{Objectives: limitsOf("ttft_p90", 1).bounds()}}
	event := func(data string) Event {
		return Event{Kind: EventProbeEnd, Stage: "c", Target: "a", Data: []byte(data)}
	}
	s, _ := Summarise(&Data{Run: run, Events: []Event{event(`{"number":1,"load":1e300,"length":60}`), event(`{"number":-1,"load":2,"length":60}`),
		event(`{"number":1,"load":2,"length":9000000000000000000}`), event(`"x"`)}})
	if c := s.Targets[0].Capacity; len(c.Probes) != 0 || c.Figure.Value != nil {
		t.Errorf("%+v", c)
	}
	if b := data(s); !strings.Contains(string(b), `"stages":[]`) {
		t.Errorf("the stages of a search alone are no empty list: %s", b)
	}
	s, _ = Summarise(&Data{Run: run, Events: []Event{event(`{"number":1,"load":2,"length":60000000000,"starts":5}`)}})
	if c := s.Targets[0].Capacity; len(c.Probes) != 1 || c.Figure.Low != nil {
		t.Errorf("a window of which no record is left: %+v", c.Figure)
	}
}

func (ls Limits) bounds() (out []Bound) {
	for _, l := range ls {
		out = append(out, l.Bound)
	}
	return out
}

// TestOpenBoundIsExplained checks that a bound of a capacity which the loads tried
// leave open says so, and what would close it.
func TestOpenBoundIsExplained(t *testing.T) {
	limit := limitsOf("ttft_p90", 1)[0]
	for _, c := range []struct {
		over         string
		from         float64
		below, above float64
		end, want    string
		censored     string
	}{
		{OverRate, 2, 0.3, 0, EndNarrow, "no lower bound: ttft_p90 <= 1 may be missed at 2/s already, the lowest load allowed: lower from", ""},
		{OverUsers, 1, 0.3, 0, EndNarrow, "no lower bound: ttft_p90 <= 1 may be missed at 1 user already, the lowest load allowed", ""},
		{OverRate, 2, 0.7, 0, EndNarrow, "no lower bound: ttft_p90 <= 1 may be missed at 2/s already, the lowest load allowed: lower from", LessThan},
		{OverRate, 2, 0, 0.7, EndNarrow, "no upper bound: the objectives may hold at 8/s, the highest load allowed: raise to", AtLeast},
		{OverRate, 2, 0, 0.3, EndProbes, "all 6 windows were used before the bounds were within 5 %; no upper bound: the objectives may hold at 8/s, the highest load allowed: raise to", ""},
		{OverRate, 2, 0, 0, EndNarrow, "", ""},
	} {
		s := Search{Over: c.over, From: c.from, To: 8, Within: 0.05, Each: int64(time.Minute), Probes: 6}
		f := s.figure(Crossing{stats.Threshold{Value: 2, Low: 2, High: 3, Below: c.below, Above: c.above}, limit}, c.end, nil)
		if f.Reason != c.want || (f.Low == nil) != (c.below > 0) || (f.High == nil) != (c.above > 0) || f.Censored != c.censored {
			t.Errorf("%+v: %+v", c, f)
		}
		if f.Censored != "" && *f.Value != *cmp.Or(f.Low, f.High) {
			t.Errorf("%+v: the value of what is only a bound is not the bound: %+v", c, f)
		}
	}
}

// TestObjectiveOfNoEvidence checks that an objective for which nothing counted, as a
// time between tokens where answers are of one chunk, does not set the capacity.
func TestObjectiveOfNoEvidence(t *testing.T) {
	ls := append(limitsOf("tpot_p50", 1), limitsOf("ttft_p90", 1)...)
	s := Search{Over: OverRate, From: 1, To: 64, Within: 0.05, Each: int64(time.Minute), Probes: 6}
	probe := func(load, over float64) Probe {
		return Probe{ProbeStart: ProbeStart{Load: load, Length: s.Each, Whole: true}, Drawn: load, Requests: 100,
			Counts: []Counted{{[]float64{0, 0}, []float64{0, 0}}, {[]float64{over, over}, []float64{50, 50}}}}
	}
	est := s.Estimate(ls, []Probe{probe(30, 0), probe(40, 5), probe(50, 40)})
	one := Record{Intended: At(0), FirstToken: At(1e9), LastToken: At(1e9), End: At(1e9), Complete: true, Events: 1}
	a, ok := ls[:1].Answer(&one)
	if p := s.Probe(ls[:1], ProbeStart{Length: 1, Load: 1}, []Answered{a}, nil); !ok || p.Requests != 0 {
		t.Errorf("%d answers of one chunk count for the time between tokens", p.Requests)
	}
	if est.Limit.Name != "ttft_p90" || est.Value < 35 || est.Value > 45 || est.Low < 30 {
		t.Errorf("%+v", est)
	}
}
