package scenarios

import (
	"fmt"
	"strings"
	"time"

	"switchover/results"
)

// Refusals says why the plan must not be started: what of the budget and of the
// targets' limits it would not keep, each with its arithmetic and the remedy. An
// unknown price refuses nothing; Estimate says that it is unknown.
func (p *Plan) Refusals() []string {
	var out []string
	if b := p.Scenario.Budget; b != nil {
		out = append(out, p.overBudget(b)...)
	}
	for i := range p.Scenario.Targets {
		t := &p.Scenario.Targets[i]
		if t.Limits != nil {
			out = append(out, p.overLimits(t, &p.Estimate.Targets[i])...)
		}
	}
	return out
}

// overBudget holds the whole plan to its budget.
func (p *Plan) overBudget(b *Budget) []string {
	var out []string
	if b.USD != nil {
		sum := 0.0
		var parts []string
		for _, e := range p.Estimate.Targets {
			if e.WorstUSD != nil && *e.WorstUSD > 0 {
				sum += *e.WorstUSD
				parts = append(parts, fmt.Sprintf("%s %s", e.Target, usd(*e.WorstUSD)))
			}
		}
		if sum > *b.USD {
			out = append(out, fmt.Sprintf("the worst case of %s = %s is above the budget of %s (every answer at its token limit, a token a byte of input): lower max_tokens or the load, or raise budget.usd (--budget in a run without a file)",
				usd(sum), strings.Join(parts, " + "), usd(*b.USD)))
		}
	}
	if b.Requests != nil {
		sum, judging := 0, 0
		for i, e := range p.Estimate.Targets {
			sum += e.Requests
			if p.Scenario.Targets[i].Role == results.RoleJudge {
				judging += e.Requests
			}
		}
		if sum > *b.Requests {
			out = append(out, fmt.Sprintf("%d requests = %d of load + %d of judging are above the budget of %d: lower the load or eval.dialogues, or raise budget.requests",
				sum, sum-judging, judging, *b.Requests))
		}
	}
	if limit := time.Duration(b.Time); limit > 0 && p.Estimate.Time > limit {
		var parts []string
		for _, st := range p.Stages {
			var longest time.Duration
			for i := range p.Scenario.Targets {
				if p.Scenario.Targets[i].Role != results.RoleJudge {
					longest = max(longest, stageTime(p, st, &p.Scenario.Targets[i]))
				}
			}
			parts = append(parts, fmt.Sprintf("%s %s", st.Name, rounded(longest)))
		}
		out = append(out, fmt.Sprintf("the load takes about %s (%s), above the budget of %s: shorten the stages, or raise budget.time",
			rounded(p.Estimate.Time), strings.Join(parts, ", "), rounded(limit)))
	}
	return out
}

// overLimits holds one target's share to what the target allows.
func (p *Plan) overLimits(t *Target, e *TargetEstimate) []string {
	var out []string
	l := t.Limits
	if l.QPS > 0 && e.PeakQPS > l.QPS {
		out = append(out, fmt.Sprintf("target %s: %.3g requests/s (the conversations started a second x their turns) are above its limit of %.3g qps: lower the rate", t.Name, e.PeakQPS, l.QPS))
	}
	if l.Concurrent > 0 && t.Role != results.RoleJudge {
		for _, st := range p.Stages {
			out = append(out, overSearch(&st, t)...)
			if st.ClosedLoop() && st.Users > l.Concurrent {
				out = append(out, fmt.Sprintf("target %s: the %d users of stage %s are above its limit of %d concurrent requests: lower users", t.Name, st.Users, st.Name, l.Concurrent))
			}
		}
	}
	if sum := int64(e.WorstInputTokens) + int64(e.WorstOutputTokens); l.TokensPerDay > 0 && sum > l.TokensPerDay {
		out = append(out, fmt.Sprintf("target %s: at worst %d input + %d output = %d tokens (%d expected) are above its limit of %d tokens a day: lower max_tokens or the load",
			t.Name, e.WorstInputTokens, e.WorstOutputTokens, sum, e.InputTokens+e.OutputTokens, l.TokensPerDay))
	}
	return out
}

// usd writes dollars with cents, and small sums with what matters of them.
func usd(x float64) string {
	if x > 0 && x < 0.1 {
		return fmt.Sprintf("$%.4f", x)
	}
	return fmt.Sprintf("$%.2f", x)
}

func rounded(d time.Duration) string {
	text := d.Round(time.Second).String()
	if d < 10*time.Second {
		text = d.Round(100 * time.Millisecond).String()
	}
	return text
}
