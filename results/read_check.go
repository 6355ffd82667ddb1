package results

import (
	"fmt"
	"math"
	"time"
)

// What a journal's numbers may be. The limits are far beyond anything real: they
// keep sums and differences of what somebody edited by hand inside their types, so
// that no figure is made of an overflow, and refuse what cannot have happened.
const (
	maxInstant = int64(1e18) // ns from the segment's zero, about 31 years
	maxTokens  = 1_000_000_000
	maxCount   = 1_000_000_000
	maxUSD     = 1e24
	maxSample  = 1e15 // of telemetry, in its unit
	// maxBack is how far an instant may lie before one that it follows: stamps of
	// two clocks disagree by far less.
	maxBack = int64(time.Second)
)

// A checker refuses values that cannot have been measured.
type checker interface{ check() error }

func (r *Record) check() error {
	counts := []struct {
		name string
		v    int
	}{{"session", r.Session}, {"turn", r.Turn}, {"attempt", r.Attempt}, {"coalesced", r.Coalesced}, {"events", r.Events},
		{"events_untimed", r.EventsUntimed}}
	for _, c := range counts {
		if c.v < 0 || c.v > maxCount {
			return outside(c.name, c.v, 0, maxCount)
		}
	}
	tokens := []struct {
		name string
		v    Opt[int]
	}{
		{"input_tokens", r.InputTokens}, {"cache_read_tokens", r.CacheReadTokens}, {"cache_write_tokens", r.CacheWriteTokens},
		{"output_tokens", r.OutputTokens}, {"reasoning_tokens", r.ReasoningTokens},
	}
	for _, t := range tokens {
		if n := t.v.Or(0); n < 0 || n > maxTokens {
			return outside(t.name, n, 0, maxTokens)
		}
	}
	if usd := r.CostUSD.Or(0); !(usd >= 0 && usd <= maxUSD) {
		return outside("cost_usd", usd, 0, maxUSD)
	}
	if err := r.checkTimes(); err != nil {
		return err
	}
	return r.checkChunks()
}

func (r *Record) checkTimes() error {
	durations := []struct {
		name string
		v    Instant
	}{{"dns", r.DNS}, {"connect", r.Connect}, {"tls", r.TLS}}
	for _, d := range durations {
		if v := d.v.Or(0); v < 0 || v > maxInstant {
			return outside(d.name, v, 0, maxInstant)
		}
	}
	// In the order in which they happen. What was intended and scheduled is left out:
	// a resumed request keeps the instant of an earlier process, whose wall clock may
	// have been another.
	happened := []struct {
		name string
		v    Instant
	}{{"start", r.Start}, {"first_token", r.FirstToken}, {"last_token", r.LastToken}, {"end", r.End}}
	before, after := "", int64(0)
	for _, h := range happened {
		t, ok := h.v.Get()
		switch {
		case !ok:
			continue
		case t < -maxInstant || t > maxInstant:
			return outside(h.name, t, -maxInstant, maxInstant)
		case before != "" && t < after-maxBack:
			return fmt.Errorf("%s is %v before %s", h.name, time.Duration(after-t), before)
		}
		before, after = h.name, t
	}
	others := []struct {
		name string
		v    Instant
	}{{"intended", r.Intended}, {"scheduled", r.Scheduled}, {"sent", r.Sent}, {"first_byte", r.FirstByte}, {"first_answer", r.FirstAnswer}, {"first_event", r.FirstEvent},
		{"last_event", r.LastEvent}, {"usage_event", r.UsageEvent}}
	for _, o := range others {
		if t := o.v.Or(0); t < -maxInstant || t > maxInstant {
			return outside(o.name, t, -maxInstant, maxInstant)
		}
	}
	return nil
}

func (r *Record) checkChunks() error {
	var sum int64
	for i, c := range r.Chunks {
		gap := int64(c.Gap)
		if gap < -maxBack || gap > maxInstant-sum {
			return fmt.Errorf("chunk %d: %w", i+1, outside("its gap in ns", gap, -maxBack, maxInstant))
		}
		if c.Tokens < 0 || c.Tokens > maxTokens {
			return fmt.Errorf("chunk %d: %w", i+1, outside("its token count", c.Tokens, 0, maxTokens))
		}
		sum += gap
	}
	return nil
}

func (e *Event) check() error {
	if e.T < -maxInstant || e.T > maxInstant {
		return outside("t", e.T, -maxInstant, maxInstant)
	}
	return nil
}

func (v *Verdict) check() error {
	const lowest, highest = 0, 5
	for _, criterion := range sortedKeys(v.Scores) {
		if s := v.Scores[criterion]; s < lowest || s > highest {
			return outside("the score of "+criterion, s, lowest, highest)
		}
	}
	if usd := v.CostUSD.Or(0); !(usd >= 0 && usd <= maxUSD) {
		return outside("cost_usd", usd, 0, maxUSD)
	}
	return nil
}

func (t *Telemetry) check() error {
	samples := []struct {
		name string
		v    Opt[float64]
	}{{"util", t.Util}, {"mem_gib", t.MemGiB}, {"total_gib", t.TotalGiB}, {"power_w", t.PowerW}, {"energy_j", t.EnergyJ}}
	for _, s := range samples {
		if v := s.v.Or(0); !(v >= 0 && v <= maxSample) {
			return outside(s.name, v, 0, maxSample)
		}
	}
	return nil
}

// check refuses a run whose targets or stages could not be told apart, and prices
// and weights that no sum survives.
func (r *Run) check() error {
	const most = 1e15 // USD per 1M tokens or an hour
	names := map[string]bool{}
	for _, t := range r.Targets {
		if names["target "+t.Name] {
			return fmt.Errorf("two targets are named %.100q", t.Name)
		}
		names["target "+t.Name] = true
		if !(t.GPUHourUSD >= 0 && t.GPUHourUSD <= most) {
			return fmt.Errorf("target %.100q: %w", t.Name, outside("a price", t.GPUHourUSD, 0, most))
		}
		if t.Price != nil {
			if err := t.Price.Check(most); err != nil {
				return fmt.Errorf("target %.100q: %w", t.Name, err)
			}
		}
	}
	for _, s := range r.Stages {
		if names["stage "+s.Name] {
			return fmt.Errorf("two stages are named %.100q", s.Name)
		}
		names["stage "+s.Name] = true
		if err := s.Search.check(); err != nil {
			return fmt.Errorf("stage %.100q: %w", s.Name, err)
		}
		if s.Duration < 0 || s.Duration > maxInstant {
			return fmt.Errorf("stage %.100q: %w", s.Name, outside("duration", s.Duration, 0, maxInstant))
		}
	}
	var sum float64
	for _, w := range r.Policy.Weights {
		sum += w
	}
	if math.IsInf(sum, 0) || !(r.Policy.Margin >= 0) {
		return fmt.Errorf("policy: the weights add up to %v, the margin is %v: want finite weights and a margin from 0", sum, r.Policy.Margin)
	}
	return nil
}

func outside[T int | int64 | float64](what string, have, low, high T) error {
	return fmt.Errorf("%s is %v, want %v to %v", what, have, low, high)
}
