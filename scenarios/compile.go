package scenarios

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"switchover/results"
	"switchover/scenarios/arrival"
	"switchover/targets/chat"
)

// maxStarts bounds the conversations of one stage and target: what a plan holds
// in memory. A stage that needs more is several runs.
const maxStarts = 1_000_000

// leastTurn is the shortest time a turn of a closed-loop stage is planned to
// take. A server that answers faster ends the stage when the planned
// conversations are used up.
const leastTurn = 20 * time.Millisecond

// Compile draws the plan of a scenario over the conversations of its source: the
// sample, the schedule of every stage, and what they cost. It is a pure function
// of its arguments. The scenario must come from Parse, Load or Quick.
func Compile(s *Scenario, items []results.Conversation) (*Plan, error) {
	items, err := choose(s, items)
	if err != nil {
		return nil, err
	}
	return Recompile(s, items)
}

// Recompile draws the plan again over conversations that Compile has already
// chosen and cut, as a run's folder keeps them.
func Recompile(s *Scenario, items []results.Conversation) (*Plan, error) {
	if len(items) == 0 {
		return nil, errors.New("compiling the plan: there are no conversations")
	}
	p := &Plan{Scenario: s, Items: items}
	for _, st := range s.Load {
		ps, err := plannedStages(s, st, items)
		if err != nil {
			return nil, fmt.Errorf("compiling stage %s: %w", st.Name, err)
		}
		p.Stages = append(p.Stages, ps...)
	}
	p.ScheduleHash = p.hash()
	p.Estimate = estimate(p)
	return p, nil
}

// choose takes the sample, in the source's order, and cuts what is too long.
func choose(s *Scenario, items []results.Conversation) ([]results.Conversation, error) {
	seen := make(map[string]bool, len(items))
	for _, it := range items {
		if len(it.Turns) == 0 {
			return nil, fmt.Errorf("compiling the plan: conversation %q has no turns", it.Item)
		}
		if seen[it.Item] {
			return nil, fmt.Errorf("compiling the plan: two conversations are named %q", it.Item)
		}
		seen[it.Item] = true
	}
	var picked []results.Conversation
	for _, p := range s.Workload.Parts() {
		of, err := p.choose(s, items)
		if err != nil {
			return nil, err
		}
		picked = append(picked, of...)
	}
	return picked, nil
}

// choose takes the sample of one source, in its order, and cuts what is too long.
func (p Part) choose(s *Scenario, items []results.Conversation) ([]results.Conversation, error) {
	var own []results.Conversation
	for _, it := range items {
		if it.Source == p.Name {
			own = append(own, it)
		}
	}
	picked := own
	if n := p.Sample; n > len(own) {
		return nil, fmt.Errorf("compiling the plan: the workload asks for a sample of %d, and there are %d conversations", n, len(own))
	} else if n > 0 {
		order := seedOf(s.Seed, "sample", p.Name).Rand().Perm(len(own))[:n]
		slices.Sort(order)
		picked = nil
		for _, i := range order {
			picked = append(picked, own[i])
		}
	}
	if n := p.MaxTurns; n > 0 {
		for i := range picked {
			it := &picked[i]
			it.Turns = it.Turns[:min(n, len(it.Turns))]
			it.Parts = it.Parts[:min(n, len(it.Parts))]
			it.Recorded = it.Recorded[:min(n, len(it.Recorded))]
			it.Reference = it.Reference[:min(n, len(it.Reference))]
		}
	}
	return picked, nil
}

// seedOf derives the seed of one use of randomness. It depends on the stage's
// name and not on its place, so that editing one stage leaves the others alone.
func seedOf(seed int64, use, stage string) arrival.Seed {
	h := sha256.New()
	fmt.Fprintf(h, "%d\x00%s\x00%s", seed, use, stage)
	sum := h.Sum(nil)
	return arrival.Seed{binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:])}
}

// plannedStage draws the starts of one stage.
func plannedStage(s *Scenario, st Stage, items []results.Conversation) (PlannedStage, error) {
	ps := PlannedStage{Stage: st, Measured: st.Measure == nil || *st.Measure}
	if ps.Duration = st.length(); st.Mode == ModeTrace {
		ps.Duration = 0 // it is over with its last request
	}
	requests := 0
	pick, err := picker(s, st, items)
	if err != nil {
		return ps, err
	}
	think := seedOf(s.Seed, "think", st.Name).Rand()
	for at := range times(s, st, items) {
		if st.Requests > 0 && requests >= st.Requests {
			break
		}
		if len(ps.Starts) == maxStarts {
			return ps, fmt.Errorf("more than %d conversations; shorten the stage or lower its load", maxStarts)
		}
		session := len(ps.Starts)
		item := pick(session)
		requests += len(items[item].Turns)
		ps.Starts = append(ps.Starts, Start{
			Session: session, At: at, Item: item, Think: thinkTimes(think, st.Think, len(items[item].Turns)-1),
		})
	}
	if len(ps.Starts) == 0 {
		return ps, errors.New("no conversation starts before the stage ends; lengthen it, raise its rate, or let arrivals be constant")
	}
	return ps, nil
}

// times yields when conversations start, to the end of the stage.
func times(s *Scenario, st Stage, items []results.Conversation) iter.Seq[time.Duration] {
	switch {
	case st.ClosedLoop():
		return userTimes(st, items)
	case st.Mode == ModeTrace:
		return traceTimes(s, st, items)
	}
	length := time.Duration(st.length())
	return func(yield func(time.Duration) bool) {
		n := 0
		for at := range st.arrivals(seedOf(s.Seed, "arrivals", st.Name)) {
			over := length > 0 && at >= length || st.Conversations > 0 && n == st.Conversations
			if n++; over || !yield(at) {
				return
			}
		}
	}
}

// stagger is the time over which the users of a stage begin to speak, so that
// they do not all meet the server in one instant.
const stagger = time.Second

// userTimes yields a start for each session of a users stage. The first of each
// user are spread over the stagger (over a tenth of a short stage); the later
// ones have the time of the last of those, because when they really start is
// decided by the answers. A stage that ends by time gets as many as could fit if
// every turn took leastTurn.
func userTimes(st Stage, items []results.Conversation) iter.Seq[time.Duration] {
	spread := stagger
	n := st.Conversations
	if n == 0 && st.Requests > 0 {
		n = st.Requests // none has less than one
	}
	if st.Duration > 0 {
		spread = min(spread, time.Duration(st.Duration)/10)
		fit := st.Users * (1 + int(time.Duration(st.Duration)/shortestSession(st, items, leastTurn)))
		if n == 0 || fit < n {
			n = min(fit, maxStarts)
		}
	}
	return func(yield func(time.Duration) bool) {
		for i := range n {
			user := min(i, st.Users-1)
			at := (time.Duration(user) * spread / time.Duration(st.Users)).Round(arrival.Resolution)
			if !yield(at) {
				return
			}
		}
	}
}

// shortestSession is the least time from a conversation to the user's next if each
// turn takes at least turn. Of the pause after it only that of a single turn is
// counted: schedules of several turns stay as they were drawn.
func shortestSession(st Stage, items []results.Conversation, turn time.Duration) time.Duration {
	least := time.Duration(1<<63 - 1)
	for _, it := range items {
		turns := time.Duration(len(it.Turns))
		least = min(least, turns*turn+max(turns-1, 1)*st.Think.least())
	}
	return least
}

// thinkTimes draws the think times of one session.
func thinkTimes(r *rand.Rand, t *Think, n int) []time.Duration {
	if n == 0 {
		return nil
	}
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = t.Quantile(r.Float64()).Round(arrival.Resolution)
	}
	return out
}

// hash identifies the departures.
func (p *Plan) hash() string {
	h := sha256.New()
	var buf []byte
	text := func(s string) { buf = append(binary.AppendUvarint(buf, uint64(len(s))), s...) }
	number := func(n int64) { buf = binary.AppendVarint(buf, n) }
	for _, st := range p.Stages {
		text(st.Name)
		if st.Search != nil { // its probes are drawn as it goes, by this and the seed
			text(fmt.Sprint(p.Scenario.Seed, *st.Search, st.LoadText()))
		}
		if st.ClosedLoop() && st.Think != nil && !st.thinksWithin() {
			text(fmt.Sprint(p.Scenario.Seed, st.Think.text())) // the pauses between conversations are drawn by these
		}
		number(int64(len(st.Starts)))
		for _, start := range st.Starts {
			number(int64(start.At))
			text(p.Items[start.Item].Item)
			number(int64(len(start.Think)))
			for _, think := range start.Think {
				number(int64(think))
			}
			h.Write(buf)
			buf = buf[:0]
		}
		h.Write(buf)
		buf = buf[:0]
	}
	p.hashTexts(h)
	return hex.EncodeToString(h.Sum(nil))
}

// thinksWithin reports whether any start has a think time between two turns: by
// those the stage's distribution is known.
func (s *PlannedStage) thinksWithin() bool {
	return slices.ContainsFunc(s.Starts, func(st Start) bool { return len(st.Think) > 0 })
}

// hashTexts adds what is asked: names alone do not tell the third line of one log
// from that of another, nor a prompt of 500 tokens from one of 5,000. Those of
// bundled dialogues do.
func (p *Plan) hashTexts(h hash.Hash) {
	named := map[string]bool{} // sources
	for _, part := range p.Scenario.Workload.Parts() {
		named[part.Name] = part.Kind() == KindBundled
	}
	for i := range p.Items {
		it := &p.Items[i]
		if named[it.Source] {
			continue
		}
		fmt.Fprintf(h, "%d %d", it.MaxTokens, len(it.Turns))
		for _, text := range append([]string{it.System}, it.Turns...) {
			fmt.Fprintf(h, " %d ", len(text))
			_, _ = io.WriteString(h, text) // a hash takes everything
		}
		if it.Parts != nil || it.Request != nil || it.Tools != nil {
			rest := struct {
				Parts   [][]chat.Part
				Request *chat.Request
				Tools   []chat.Tool
			}{it.Parts, it.Request, it.Tools}
			_ = json.NewEncoder(h).Encode(rest) // JSON that was read, and a hash takes everything
		}
	}
}
