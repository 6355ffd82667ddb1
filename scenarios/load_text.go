package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// LoadText is the load of a stage on each target, in words.
func (s *Stage) LoadText() string {
	if s.Several() {
		return s.severalText()
	}
	if s.Mode == ModeConcurrency {
		return fmt.Sprintf("users who never think, %d at a time", s.Users)
	}
	if s.Mode == ModeUsers {
		text := "one user"
		if s.Users > 1 {
			text = fmt.Sprintf("users, %d at a time", s.Users)
		}
		if think := s.Think.text(); think != "" {
			text += ", " + think
		}
		return text
	}
	if b := s.Burst; b != nil {
		bursts := fmt.Sprintf("bursts of %d conversations every %s", b.Size, time.Duration(b.Every))
		if s.Rate == nil && len(s.Steps) == 0 {
			return bursts
		}
		return s.spacedText() + ", and " + bursts
	}
	return s.spacedText()
}

// spacedText is the load that follows the rate.
func (s *Stage) spacedText() string {
	arrivals := ArrivalsPoisson
	switch {
	case s.Arrivals == nil:
	case s.Arrivals.Gamma != nil:
		arrivals = fmt.Sprintf("gamma (burstiness %s)", short(s.Arrivals.Gamma.Burstiness))
	default:
		arrivals = s.Arrivals.Process
	}
	return fmt.Sprintf("%s arrivals, %s conversations/s", arrivals, s.rateText())
}

// fewSteps is how many steps are told one by one.
const fewSteps = 4

// rateText is the rate of an open stage over time.
func (s *Stage) rateText() string {
	if len(s.Steps) == 0 {
		if s.Rate == nil {
			return "0"
		}
		return s.Rate.text()
	}
	if len(s.Steps) > fewSteps {
		mean, peak := s.Rates()
		return fmt.Sprintf("%d steps, %s on average, at most %s", len(s.Steps), short(mean), short(peak))
	}
	var parts []string
	for _, step := range s.Steps {
		parts = append(parts, fmt.Sprintf("%s for %s", step.Rate.text(), time.Duration(step.Duration)))
	}
	return strings.Join(parts, ", then ")
}

func (r Ramp) text() string {
	from, to := r.ends()
	if from == to {
		return short(from)
	}
	return fmt.Sprintf("%s to %s", short(from), short(to))
}

// text is the distribution in words, empty for none.
func (t *Think) text() string {
	switch {
	case t == nil:
		return ""
	case len(t.Uniform) == 2:
		return fmt.Sprintf("thinking %s to %s", time.Duration(t.Uniform[0]), time.Duration(t.Uniform[1]))
	case t.Exponential != nil:
		return fmt.Sprintf("thinking %s on average (exponential)", time.Duration(t.Exponential.Mean))
	case t.Lognormal != nil:
		return fmt.Sprintf("thinking %s on average (log-normal, sd %s)", time.Duration(t.Lognormal.Mean), time.Duration(t.Lognormal.SD))
	case t.Fixed != nil && *t.Fixed > 0:
		return fmt.Sprintf("thinking %s", time.Duration(*t.Fixed))
	}
	return ""
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }
