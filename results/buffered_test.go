package results

import "testing"

// A proxy that hands over the whole stream at once shows no speed: its tokens
// did not take no time each.
func TestAStreamThatArrivesAtOnceHasNoTPOT(t *testing.T) {
	d := steadyRun("open", 0, 30)
	load{ttft: 0.5, tpot: 0, tokens: 6}.open(d, "inc", []float64{0, 1, 2})
	s, _ := Summarise(d)
	if f := s.Targets[0].Figures["tpot_p50"]; f.Value != nil {
		t.Errorf("time per token is %s", f.text())
	}
	if f := s.Targets[0].Figures["ttft_p50"]; f.Value == nil || *f.Value != 0.5 {
		t.Errorf("first token after %s", f.text())
	}
}
