package results

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// EndedStage is a stage that ended early because its goals were reached.
type EndedStage struct {
	Stage string `json:"stage"`
	// Target is the one whose turn it was, where targets go one after the other; empty
	// where all were asked together.
	Target  string  `json:"target,omitempty"`
	Seconds float64 `json:"seconds"` // how long its arrivals lasted
	Goals   []Goal  `json:"goals"`
}

// String says so in words.
func (e EndedStage) String() string {
	whom := "every target"
	if e.Target != "" {
		whom = e.Target
	}
	after := time.Duration(e.Seconds * 1e9).Round(100 * time.Millisecond)
	return fmt.Sprintf("stage %s ended after %s: %s for %s", e.Stage, after, goalText(e.Goals), whom)
}

func goalText(goals []Goal) string {
	var parts []string
	for _, g := range goals {
		parts = append(parts, g.String())
	}
	return strings.Join(parts, " and ")
}

// endedStages are the stages whose goals were reached, in the order they were.
func endedStages(d *Data) []EndedStage {
	var out []EndedStage
	for _, e := range d.Events {
		var enough Enough
		if e.Kind == EventEnough && json.Unmarshal(e.Data, &enough) == nil {
			out = append(out, EndedStage{e.Stage, e.Target, float64(enough.After) / 1e9, enough.Goals})
		}
	}
	return out
}

// unreached says which goals of a stage that ran to its end a target missed.
func unreached(d *Data, s *Summary) []string {
	var out []string
	for _, stage := range d.Run.Stages {
		for _, t := range s.Targets {
			i := slices.IndexFunc(t.Stages, func(st StageSummary) bool { return st.Name == stage.Name })
			early := slices.ContainsFunc(s.Ended, func(e EndedStage) bool {
				return e.Stage == stage.Name && (e.Target == "" || e.Target == t.Name)
			})
			if len(stage.Until) == 0 || early || i < 0 || t.Quarantined != "" || t.Stages[i].Counts.Requests == 0 {
				continue
			}
			for _, g := range stage.Until {
				have := Goal{g.Figure, t.Stages[i].Figures[g.Figure].Reach()}
				switch {
				case have.Within <= g.Within:
				case have.Within > mostTold:
					out = append(out, fmt.Sprintf("%s in %s: the interval of %s stayed open until the stage's own end; %s was waited for", t.Name, stage.Name, g.Figure, g))
				default:
					out = append(out, fmt.Sprintf("%s in %s: by the stage's own end only %s; %s was waited for", t.Name, stage.Name, have, g))
				}
			}
		}
	}
	return out
}

// mostTold is the reach above which a number says no more than "open".
const mostTold = 10
