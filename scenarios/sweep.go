package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"switchover/results"
)

// The modes that try several loads, and what they vary.
const (
	ModeSweep       = "sweep"
	ModeCapacity    = "capacity"
	OverRate        = results.OverRate
	OverUsers       = results.OverUsers
	OverConcurrency = results.OverConcurrency
)

// Several reports whether the stage tries loads one after the other, so that it
// becomes stages of its own: the points of a sweep, or the probes of a search.
func (s *Stage) Several() bool { return s.Mode == ModeSweep || s.Mode == ModeCapacity }

// levels are the loads of a sweep, in the order they are tried: as they are
// listed, or evenly spaced over the range. Users are whole numbers, none twice.
func (s *Stage) levels() []Level {
	if s.Range == nil {
		return s.Values
	}
	from, to := s.Range.From.value(), s.Range.To.value()
	var out []Level
	for i := range s.Range.Steps {
		x := from + (to-from)*float64(i)/float64(max(1, s.Range.Steps-1))
		if l := levelOf(s.Over, roundTo(x, 6)); !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// roundTo keeps that many significant digits, so that 0.1 + 0.2 reads 0.3.
func roundTo(x float64, digits int) float64 {
	scale := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// at is a stage of the one load, for one point of a sweep or one probe of a search.
func (s *Stage) at(name string, l Level, length Duration) Stage {
	out := Stage{Name: name, Mode: results.ModeOf(s.Over), Over: s.Over, Think: s.Think, Duration: length,
		Conversations: s.Conversations, Requests: s.Requests, Measure: s.Measure, Order: s.Order}
	if s.Over == OverRate {
		out.Rate, out.Arrivals = &Ramp{Fixed: l.Rate}, s.Arrivals
	} else {
		out.Users = l.Users
	}
	return out
}

// points are the stages that a sweep becomes, named by their load.
func (s *Stage) points() []PlannedStage {
	var out []PlannedStage
	for _, l := range s.levels() {
		out = append(out, PlannedStage{Stage: s.at(s.Name+"-at-"+l.slug(), l, s.Each), Sweep: s.Name, Level: l.value()})
	}
	return out
}

// plannedStages draws what a stage of the scenario becomes.
func plannedStages(s *Scenario, st Stage, items []results.Conversation) ([]PlannedStage, error) {
	switch st.Mode {
	case ModeCapacity:
		search := st.search()
		return []PlannedStage{{Stage: st, Measured: true, Search: &search}}, nil
	case ModeSweep:
		points := st.points()
		for i := range points {
			drawn, err := plannedStage(s, points[i].Stage, items)
			if err != nil {
				return nil, fmt.Errorf("its point at %s: %w", st.levels()[i], err)
			}
			drawn.Sweep, drawn.Level = points[i].Sweep, points[i].Level
			points[i] = drawn
		}
		return points, nil
	}
	ps, err := plannedStage(s, st, items)
	return []PlannedStage{ps}, err
}

// search is what a capacity stage asks for, its defaults filled in.
func (s *Stage) search() results.Search {
	return results.Search{Over: s.Over, From: s.From.value(), To: s.To.value(), Within: float64(s.Within), Each: int64(s.Each), Probes: s.Probes}
}

// Probe draws one window of a capacity search: the same for every target that is
// probed at this load, and other conversations in another order for each number.
// Its sessions are numbered so that the number of the probe can be told from them.
func (p *Plan) Probe(st *PlannedStage, number int, load float64, length time.Duration) (PlannedStage, error) {
	one := st.at(fmt.Sprintf("%s#%d", st.Name, number), levelOf(st.Over, load), Duration(length))
	ps, err := plannedStage(p.Scenario, one, p.Items)
	if err != nil {
		return ps, fmt.Errorf("drawing probe %d of %s: %w", number+1, st.Name, err)
	}
	ps.Name = st.Name
	for i := range ps.Starts {
		ps.Starts[i].Session += number * results.ProbeSessions
	}
	return ps, nil
}

// fillLoads writes what a sweep or a search left out.
func (s *Stage) fillLoads() {
	if !s.Several() {
		return
	}
	if s.Over == OverRate && s.Arrivals == nil {
		s.Arrivals = &Arrivals{Process: ArrivalsPoisson}
	}
	if s.Mode == ModeSweep {
		if s.Each == 0 {
			s.Each = defaultPoint
		}
		return
	}
	if s.From == nil {
		l := levelOf(s.Over, defaultLowest[s.Over])
		s.From = &l
	}
	if s.To == nil {
		l := levelOf(s.Over, defaultHighest[s.Over])
		s.To = &l
	}
	if s.Within == 0 {
		s.Within = defaultWithin
	}
	if s.Each == 0 {
		s.Each = defaultWindow
	}
	if s.Probes == 0 {
		s.Probes = defaultProbes
	}
}

// The defaults of sweeps and searches.
const (
	defaultPoint  = Duration(time.Minute)
	defaultWindow = Duration(3 * time.Minute)
	defaultWithin = Share(0.05)
	defaultProbes = 6
)

// The highest is modest, because the worst case of a search is all of its windows
// at that load.
var (
	defaultLowest  = map[string]float64{OverRate: 0.5, OverUsers: 1, OverConcurrency: 1}
	defaultHighest = map[string]float64{OverRate: 50, OverUsers: 256, OverConcurrency: 256}
)

// severalText is the load of a sweep or a search in words.
func (s *Stage) severalText() string {
	if s.Mode == ModeCapacity {
		search := s.search()
		text := fmt.Sprintf("search for the highest %s from %s to %s, to within %.3g %%: up to %d windows of %s, and shorter ones before",
			map[string]string{OverRate: "rate", OverUsers: "number of users", OverConcurrency: "concurrency"}[s.Over],
			search.Amount(search.From), search.Amount(search.To), 100*search.Within, search.Probes, time.Duration(s.Each))
		if think := s.Think.text(); think != "" {
			text += ", " + think
		}
		return text
	}
	var loads []string
	for _, l := range s.levels() {
		loads = append(loads, l.String())
	}
	return fmt.Sprintf("sweep over %s: %s", s.Over, strings.Join(loads, ", "))
}
