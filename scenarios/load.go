package scenarios

import (
	"iter"
	"math"
	"time"

	"switchover/scenarios/arrival"
)

// ClosedLoop reports whether answers set the pace, because a user waits for one
// before the next question, rather than the clock.
func (s *Stage) ClosedLoop() bool { return s.Mode == ModeUsers || s.Mode == ModeConcurrency }

// length is how long arrivals last; 0 when they end by count.
func (s *Stage) length() Duration {
	if len(s.Steps) == 0 {
		return s.Duration
	}
	var sum Duration
	for _, step := range s.Steps {
		sum += step.Duration
	}
	return sum
}

// profile is the rate of an open stage over time; nil for one that stays the same.
func (s *Stage) profile() arrival.Profile {
	steps := s.Steps
	if len(steps) == 0 {
		if s.Rate == nil || s.Rate.Fixed > 0 {
			return nil
		}
		steps = []Step{{Rate: *s.Rate, Duration: s.Duration}}
	}
	var out arrival.Profile
	for _, step := range steps {
		from, to := step.Rate.ends()
		out = append(out, arrival.Stretch{Length: time.Duration(step.Duration), From: from, To: to})
	}
	return out
}

// ends are the rates at the beginning and the end, per second.
func (r Ramp) ends() (from, to float64) {
	if r.Fixed > 0 {
		return float64(r.Fixed), float64(r.Fixed)
	}
	return float64(r.From), float64(r.To)
}

// Rates are the mean and the highest rate of an open stage, in conversation
// starts a second of each target, a burst counted whole in the second it comes;
// 0 in a closed loop.
func (s *Stage) Rates() (mean, peak float64) {
	mean, peak = s.spacedRates()
	if b := s.Burst; b != nil {
		each := float64(b.Size) / time.Duration(b.Every).Seconds()
		mean, peak = mean+each, peak+max(each, float64(b.Size))
	}
	return mean, peak
}

// spacedRates are Rates without bursts.
func (s *Stage) spacedRates() (mean, peak float64) {
	profile := s.profile()
	if profile == nil {
		if s.Rate == nil {
			return 0, 0
		}
		return float64(s.Rate.Fixed), float64(s.Rate.Fixed)
	}
	var count, seconds float64
	for _, p := range profile {
		count += p.Length.Seconds() * (p.From + p.To) / 2
		seconds += p.Length.Seconds()
		peak = max(peak, p.From, p.To)
	}
	return count / seconds, peak
}

// Varies reports whether the rate is meant to change within the stage, so that
// no part of it stands for the whole.
func (s *Stage) Varies() bool {
	profile := s.profile()
	for _, p := range profile {
		if p.From != p.To || p.From != profile[0].From {
			return true
		}
	}
	return false
}

// arrivals yields the starts of an open stage that no count ends.
func (s *Stage) arrivals(seed arrival.Seed) iter.Seq[time.Duration] {
	switch {
	case s.Burst == nil:
		return s.spaced(seed)
	case s.Rate == nil && len(s.Steps) == 0:
		return arrival.Bursts(time.Duration(s.Burst.Every), s.Burst.Size)
	}
	return arrival.Merge(s.spaced(seed), arrival.Bursts(time.Duration(s.Burst.Every), s.Burst.Size))
}

// spaced yields the starts that follow the rate.
func (s *Stage) spaced(seed arrival.Seed) iter.Seq[time.Duration] {
	profile := s.profile()
	constant, burstiness := false, 1.0
	if s.Arrivals != nil {
		constant = s.Arrivals.Process == ArrivalsConstant
		if s.Arrivals.Gamma != nil {
			burstiness = s.Arrivals.Gamma.Burstiness
		}
	}
	switch {
	case profile == nil && constant:
		return arrival.Constant(float64(s.Rate.Fixed))
	case profile == nil:
		return arrival.Gamma(float64(s.Rate.Fixed), burstiness, seed)
	case constant:
		return profile.Constant()
	}
	return profile.Gamma(burstiness, seed)
}

// Quantile is the think time that a share u of all think times, in [0, 1), is
// below: u drawn evenly makes it a draw. A nil Think is none. An exponential time
// is at most 37 means; a log-normal one at most longestThink.
func (t *Think) Quantile(u float64) time.Duration {
	switch {
	case t == nil:
		return 0
	case t.Fixed != nil:
		return time.Duration(*t.Fixed)
	case len(t.Uniform) == 2:
		a, b := time.Duration(t.Uniform[0]), time.Duration(t.Uniform[1])
		return a + time.Duration(u*float64(b-a))
	case t.Exponential != nil:
		return time.Duration(-math.Log1p(-u) * float64(t.Exponential.Mean))
	case t.Lognormal != nil:
		return t.Lognormal.quantile(u)
	}
	return 0
}

// longestThink bounds what a log-normal distribution's tail can ask of a user.
const longestThink = 7 * 24 * time.Hour

// quantile is exp(mu + sigma z), z the normal quantile, with sigma^2 = ln(1 +
// (sd/mean)^2) and mu = ln(mean) - sigma^2/2.
func (l *Lognormal) quantile(u float64) time.Duration {
	mean, ratio := float64(l.Mean), float64(l.SD)/float64(l.Mean)
	variance := math.Log1p(ratio * ratio)
	z := math.Sqrt2 * math.Erfinv(2*u-1) // -Inf at 0, which the exponential takes to 0
	return time.Duration(min(mean*math.Exp(math.Sqrt(variance)*z-variance/2), float64(longestThink)))
}

// least is the shortest think time.
func (t *Think) least() time.Duration { return t.Quantile(0) }

// mean is the think time on average.
func (t *Think) mean() time.Duration {
	switch {
	case t == nil:
		return 0
	case t.Exponential != nil:
		return time.Duration(t.Exponential.Mean)
	case t.Lognormal != nil:
		return time.Duration(t.Lognormal.Mean)
	}
	return t.Quantile(0.5) // symmetric
}
