package results_test

import (
	"strings"
	"testing"

	"switchover/results"
)

func TestMatrixUncertainty(t *testing.T) {
	twins := func() []entrant {
		return []entrant{{name: "a", ttft: 0.5, cost: 1, quality: 4}, {name: "b", ttft: 0.5, cost: 1, quality: 3.99}}
	}
	t.Run("near twins are called close", func(t *testing.T) {
		m := results.BuildMatrix(made(twins()))
		if share := *row(t, m, "a").FirstShare; share < 0.2 || share > 0.8 {
			t.Errorf("the better twin is first in %v of the draws", share)
		}
		wantText(t, "the verdict", m.Verdict.Text, "it is close: first in")
	})
	t.Run("identical twins share the first place", func(t *testing.T) {
		run, s, ev := made(twins())
		s.Targets[1].Figures = s.Targets[0].Figures
		ev.Targets["b"] = ev.Targets["a"]
		m := results.BuildMatrix(run, s, ev)
		if share := *row(t, m, "a").FirstShare; share != 0.5 {
			t.Errorf("share %v", share)
		}
		if m.Verdict.Target != "a" {
			t.Errorf("a tie goes to %s, want the first in the scenario", m.Verdict.Target)
		}
	})
	t.Run("one block says this hour only", func(t *testing.T) {
		run, s, ev := made(twins())
		for name, e := range ev.Targets {
			e.Blocks = e.Blocks[:1]
			ev.Targets[name] = e
		}
		m := results.BuildMatrix(run, s, ev)
		wantText(t, "notes", strings.Join(m.Notes, "\n"), "this hour only")
		if m.Blocks != 1 {
			t.Errorf("%d blocks", m.Blocks)
		}
	})
	t.Run("without evidence no share is made up", func(t *testing.T) {
		run, s, _ := made(twins())
		m := results.BuildMatrix(run, s, nil)
		if r := row(t, m, "a"); r.FirstShare != nil || m.Draws != 0 {
			t.Errorf("share %v of %d draws", *r.FirstShare, m.Draws)
		}
		wantText(t, "notes", strings.Join(m.Notes, "\n"), "rests on one value of each figure")
	})
	t.Run("blocks are drawn together: what slows both does not reorder them", func(t *testing.T) {
		run, s, ev := made(twins())
		run.Policy.Weights = map[string]float64{"latency": 1}
		v, w := 0.5, 0.51
		s.Targets[0].Figures["ttft_p50"] = results.Figure{Value: &v, Unit: "s"}
		s.Targets[1].Figures["ttft_p50"] = results.Figure{Value: &w, Unit: "s"}
		for name, off := range map[string]float64{"a": 0, "b": 0.01} {
			e := ev.Targets[name]
			for i := range e.Blocks {
				e.Blocks[i] = map[string]float64{"ttft_p50": 0.4 + 0.05*float64(i) + off}
			}
		}
		m := results.BuildMatrix(run, s, ev)
		if share := *row(t, m, "a").FirstShare; share != 1 {
			t.Errorf("share %v, want 1", share)
		}
	})
}
