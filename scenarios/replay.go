package scenarios

import (
	"fmt"
	"iter"
	"time"

	"switchover/results"
	"switchover/scenarios/arrival"
)

// replayed is how much of a trace a stage replays: of the trace's own time, and of
// its requests; 0 for all.
func (s *Stage) replayed(speed float64) (until time.Duration, most int) {
	until = time.Duration(float64(s.Duration) * speed)
	if most = s.Requests; most == 0 || s.Conversations > 0 && s.Conversations < most {
		most = s.Conversations
	}
	return until, most
}

// traceTimes yields when the requests of the trace come, as fast as the workload
// says, to the end of the stage.
func traceTimes(s *Scenario, st Stage, items []results.Conversation) iter.Seq[time.Duration] {
	speed := s.Workload.Trace.Speed
	until, most := st.replayed(speed)
	return arrival.Trace(func(yield func(time.Duration) bool) {
		for i, it := range items {
			if at := time.Duration(it.At); until > 0 && at >= until || most > 0 && i == most || !yield(at) {
				return
			}
		}
	}, speed)
}

// Rates are the mean and the highest rate of an open stage; see [Stage.Rates]. Of a
// trace the highest is what comes within one second.
func (s *PlannedStage) Rates() (mean, peak float64) {
	if s.Mode != ModeTrace {
		return s.Stage.Rates()
	}
	first := 0
	for i, start := range s.Starts {
		for start.At-s.Starts[first].At >= time.Second {
			first++
		}
		peak = max(peak, float64(i-first+1))
	}
	return float64(len(s.Starts)) / max(s.Starts[len(s.Starts)-1].At, time.Second).Seconds(), peak
}

// Varies reports whether the rate is meant to change within the stage; see
// [Stage.Varies]. A trace's does.
func (s *PlannedStage) Varies() bool { return s.Mode == ModeTrace || s.Stage.Varies() }

// LoadText is the load of a stage on each target, in words.
func (s *PlannedStage) LoadText() string {
	if s.Mode != ModeTrace {
		return s.Stage.LoadText()
	}
	mean, peak := s.Rates()
	return fmt.Sprintf("the trace's arrivals, %s/s on average, at most %s in a second, over %s",
		short(mean), short(peak), rounded(s.Starts[len(s.Starts)-1].At))
}
