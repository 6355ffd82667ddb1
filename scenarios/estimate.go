package scenarios

import (
	"math"
	"time"
	"unicode"

	"switchover/results"
	"switchover/targets/chat"
)

// What is assumed where only the run itself can tell.
const (
	// A message costs a few tokens beyond its text: the template's marks.
	messageTokens      = 4
	worstMessageTokens = 8
	// nominalFirst and nominalToken are how long a server of which nothing is
	// known is planned to take.
	nominalFirst = time.Second
	nominalToken = 20 * time.Millisecond
	// fastTurn is the quickest turn that the worst case of a stage of users that
	// ends by time reckons with.
	fastTurn = 250 * time.Millisecond
	// A judge is told what the marks mean, and may answer at least judgeReply
	// tokens. Up to judgeCalls calls are made for one verdict.
	judgePrompt      = 500 // tokens, expected
	worstJudgePrompt = 2500
	worstHistory     = 500 // what it is told of a history, beside
	judgeReply       = 600
	judgeCalls       = 3
	// judgesAtOnce is how many calls a judge gets at the same time.
	judgesAtOnce = 4
)

// tally counts requests and tokens.
type tally struct {
	requests, in, out, worstIn, worstOut int
	// largest is the most input tokens of one request: prices go by it.
	largest int
}

func (t *tally) add(o tally, times int) {
	t.requests += o.requests * times
	t.in += o.in * times
	t.out += o.out * times
	t.worstIn += o.worstIn * times
	t.worstOut += o.worstOut * times
	t.largest = max(t.largest, o.largest)
}

// estimate reckons what the plan would send.
func estimate(p *Plan) Estimate {
	var e Estimate
	s := p.Scenario
	candidates := 0
	for i := range s.Targets {
		t := &s.Targets[i]
		if t.Role == results.RoleJudge {
			e.Targets = append(e.Targets, judging(p, t))
			continue
		}
		candidates++
		e.Targets = append(e.Targets, loading(p, t))
	}
	for _, st := range p.Stages {
		var longest, sum time.Duration
		for i := range s.Targets {
			if s.Targets[i].Role != results.RoleJudge {
				d := stageTime(p, st, &s.Targets[i])
				longest, sum = max(longest, d), sum+d
			}
		}
		if st.Order == OrderSequential {
			longest = sum
		}
		e.Time += longest
	}
	return e
}

// loading reckons what one candidate is sent.
func loading(p *Plan, t *Target) TargetEstimate {
	out := TargetEstimate{Target: t.Name}
	costs := make([]tally, len(p.Items))
	for i, it := range p.Items {
		costs[i] = conversationCost(p.Scenario, it, t)
	}
	var all tally
	for _, st := range p.Stages {
		if st.Search != nil {
			searchLoad(p, &st, t, costs, &out, &all)
			continue
		}
		likely, most := sessions(p, st, t)
		turns := 0
		for i, start := range st.Starts[:most] {
			c := costs[start.Item]
			turns += c.requests
			if i >= likely {
				c.requests, c.in, c.out = 0, 0, 0
			}
			all.add(c, 1)
		}
		out.WorstRequests += turns
		if st.ClosedLoop() {
			out.PeakConcurrent = max(out.PeakConcurrent, min(st.Users, most))
			continue
		}
		_, peak := st.Rates()
		qps := peak * float64(turns) / float64(max(most, 1))
		out.PeakQPS = max(out.PeakQPS, qps)
		waiting := math.Ceil(qps * totalTimeout(t).Seconds())
		out.PeakConcurrent = max(out.PeakConcurrent, int(min(waiting, float64(most))))
	}
	out.fill(p.Scenario, all, t)
	return out
}

// judging reckons what a judge is asked: every distinct dialogue of the measured
// stages, of every candidate, up to eval.dialogues of each.
func judging(p *Plan, judge *Target) TargetEstimate {
	out := TargetEstimate{Target: judge.Name}
	s := p.Scenario
	if s.Eval == nil {
		out.Reason = "nothing is judged"
		return out
	}
	limit := max(judge.ChatParams().MaxTokens, judgeReply)
	var all tally
	for i := range s.Targets {
		t := &s.Targets[i]
		if t.Role == results.RoleJudge {
			continue
		}
		for _, item := range judged(p, t) {
			it := p.Items[item]
			answers := len(it.Turns) * t.AnswerLimit(&it)
			c := tally{requests: 1, in: judgePrompt, out: limit / 4}
			worst := worstJudgePrompt
			if it.Request != nil {
				worst += worstHistory
			}
			for _, text := range judgedTexts(&it, t) {
				c.in += expectedTokens(text) + 2*messageTokens
				worst += 2*len(text) + 2*worstMessageTokens
			}
			c.in += exactOr(&it, t, t.AnswerLimit(&it)) * len(it.Turns)
			// A repair repeats the prompt, the reply that could not be read, and why.
			c.worstIn = judgeCalls*(worst+2*answers) + (judgeCalls-1)*(limit+worstJudgePrompt/10)
			c.worstOut = judgeCalls * limit
			c.largest = c.worstIn
			all.add(c, 1)
			out.WorstRequests += judgeCalls
		}
	}
	out.PeakConcurrent = judgesAtOnce
	out.fill(s, all, judge)
	return out
}

// judgedTexts are what a judge is shown of a conversation beside the answers.
func judgedTexts(it *results.Conversation, t *Target) []string {
	texts := []string{systemText(t)}
	whole := it.Whole()
	for i := range whole.Messages {
		texts = append(texts, results.Words(&whole.Messages[i]))
	}
	return texts
}

// judged lists the items of a candidate that are judged.
func judged(p *Plan, t *Target) []int {
	var out []int
	seen := map[int]bool{}
	for _, st := range p.Stages {
		if !st.Measured {
			continue
		}
		starts := allItems(p)
		if st.Search == nil {
			_, most := sessions(p, st, t)
			starts = st.Starts[:most]
		}
		for _, start := range starts {
			if n := p.Scenario.Eval.Dialogues; n > 0 && len(out) == n {
				return out
			}
			if !seen[start.Item] {
				seen[start.Item] = true
				out = append(out, start.Item)
			}
		}
	}
	return out
}

// fill prices a tally.
func (e *TargetEstimate) fill(s *Scenario, all tally, t *Target) {
	e.Requests = all.requests
	e.InputTokens, e.OutputTokens = all.in, all.out
	e.WorstInputTokens, e.WorstOutputTokens = all.worstIn, all.worstOut
	switch price := s.PriceOf(t); {
	case price == nil && t.Cost != nil:
		e.Reason = "priced by the hour of your own machines, not by what is sent"
	case price == nil:
		e.Reason = "no price is given"
	default:
		e.price(price, all, s.Read.At)
	}
}

// price prices a tally: as if each request had the mean input and were made now, and
// at the dearest that can be.
func (e *TargetEstimate) price(p *results.Price, all tally, now time.Time) {
	in, out := p.Dearest(all.largest)
	switch {
	case in == nil:
		e.Reason = "no input price is given"
		return
	case out == nil:
		e.Reason = "no output price is given"
		return
	}
	worst := (float64(all.worstIn)**in + float64(all.worstOut)**out) / 1e6
	e.WorstUSD = &worst
	rates := p.At(now, all.in/max(all.requests, 1))
	if rates.Input != nil && rates.Output != nil {
		usd := (float64(all.in)**rates.Input + float64(all.out)**rates.Output) / 1e6
		e.USD = &usd
	}
}

// conversationCost reckons one conversation with one target. Each turn sends the
// whole history again, the earlier answers included.
func conversationCost(s *Scenario, it results.Conversation, t *Target) tally {
	limit := t.AnswerLimit(&it)
	answer := exactOr(&it, t, limit)
	var c tally
	history, worst := saltCost(s, &it)
	before := chat.Request{Messages: it.Opening(systemText(t)), Tools: it.Tools}
	worst += before.MaxInputTokens()
	for i := range before.Messages {
		history += messageLikely(&before.Messages[i]) + messageTokens
	}
	for _, tool := range it.Tools {
		history += (len(tool.Name)+len(tool.Description)+len(tool.Parameters)+len(tool.Definition)+3)/4 + messageTokens
	}
	for i := range it.Turns {
		history += turnTokens(&it, i) + messageTokens
		asked, _ := it.Question(i)
		worst += (&chat.Request{Messages: []chat.Message{asked}}).MaxInputTokens()
		c.add(tally{1, history, answer, worst, limit, worst}, 1)
		history += answer + messageTokens
		worst += limit + worstMessageTokens
	}
	return c
}

// sessions is how many conversations of a stage a target is likely to have, and
// how many at most: all that were drawn, unless users run against the clock.
func sessions(p *Plan, st PlannedStage, t *Target) (likely, most int) {
	all := len(st.Starts)
	if !st.ClosedLoop() || st.Duration == 0 {
		return all, all
	}
	fit := func(session time.Duration) int {
		return min(all, st.Users*(1+int(time.Duration(st.Duration)/max(session, time.Millisecond))))
	}
	turns := meanTurns(p.Items)
	least := min(fastTurn, turnTime(p, t))
	most = fit(time.Duration(turns * float64(least+st.Think.least())))
	return min(most, fit(sessionTime(p, st, t)+st.Think.mean())), most
}

// stageTime is how long a stage is likely to take, its last answers included.
func stageTime(p *Plan, st PlannedStage, t *Target) time.Duration {
	if st.Search != nil {
		return searchTime(p, &st, t)
	}
	session := sessionTime(p, st, t)
	last := st.Starts[len(st.Starts)-1].At
	switch {
	case !st.ClosedLoop() && st.Duration > 0 && st.Conversations == 0 && st.Requests == 0:
		return time.Duration(st.Duration) + session
	case !st.ClosedLoop():
		return last + session
	}
	rounds := time.Duration((len(st.Starts) + st.Users - 1) / st.Users)
	all := last + rounds*session + (rounds-1)*st.Think.mean() // users think before their next conversation, too
	if st.Duration > 0 {
		return min(time.Duration(st.Duration)+session, all)
	}
	return all
}

// sessionTime is how long one conversation is likely to take.
func sessionTime(p *Plan, st PlannedStage, t *Target) time.Duration {
	turns := meanTurns(p.Items)
	return time.Duration(turns*float64(turnTime(p, t)) + (turns-1)*float64(st.Think.mean()))
}

func meanTurns(items []results.Conversation) float64 {
	sum := 0
	for _, it := range items {
		sum += len(it.Turns)
	}
	return float64(sum) / float64(len(items))
}

// turnTime is how long an answer is likely to take.
func turnTime(p *Plan, t *Target) time.Duration {
	first, token := nominalFirst, nominalToken
	if t.Simulate != nil {
		first, token = time.Duration(t.Simulate.TTFT), time.Duration(t.Simulate.TPOT)
	}
	sum := 0
	for i := range p.Items {
		sum += exactOr(&p.Items[i], t, t.AnswerLimit(&p.Items[i]))
	}
	return first + time.Duration(float64(sum)/float64(len(p.Items))*float64(token))
}

// exactOr is how long an answer of at most limit tokens is likely to be, its own
// length where the conversation says one.
func exactOr(it *results.Conversation, t *Target, limit int) int {
	if it.Exact {
		return limit
	}
	return answerTokens(t, limit)
}

// answerTokens is how long an answer of at most limit tokens is likely to be.
func answerTokens(t *Target, limit int) int {
	if t.Simulate == nil {
		return (limit + 1) / 2
	}
	if t.Simulate.Output > 0 {
		return min(limit, t.Simulate.Output)
	}
	return min(limit, defaultSimOutput)
}

// defaultSimOutput is the mean length of a simulated answer.
const defaultSimOutput = 60

func systemText(t *Target) string {
	if t.System == nil {
		return ""
	}
	return t.System.Text
}

func totalTimeout(t *Target) time.Duration {
	if t.Timeouts != nil && t.Timeouts.Total > 0 {
		return time.Duration(t.Timeouts.Total)
	}
	return 5 * time.Minute
}

// expectedTokens counts a token for every four bytes, and one for every
// character of the scripts that are written without spaces.
func expectedTokens(s string) int {
	bytes, chars := 0, 0
	for _, r := range s {
		switch {
		case r < 0x80:
			bytes++
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			chars++
		default:
			bytes += 2
		}
	}
	return chars + (bytes+3)/4
}
