package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// logistic draws doses of independent requests whose share of misses crosses 10 %
// at 20 with a slope.
func logistic(r *rand.Rand, slope float64, n int, loads ...float64) []Dose {
	var out []Dose
	for _, load := range loads {
		d := Dose{Load: load}
		p := 1 / (1 + math.Exp(-(math.Log(0.1/0.9) + slope*math.Log(load/20))))
		for range 28 {
			var over float64
			for range n / 28 {
				if r.Float64() < p {
					over++
				}
			}
			d.Over, d.Of = append(d.Over, over), append(d.Of, float64(n/28))
		}
		out = append(out, d)
	}
	return out
}

// TestThresholdHolds checks that the interval of a threshold holds the truth as
// often as it says, and that more doses narrow it.
func TestThresholdHolds(t *testing.T) {
	r := NewRand(1, "threshold")
	for _, slope := range []float64{4, 20, 60} {
		held, width, wider := 0, 0.0, 0.0
		const trials = 30
		for range trials {
			few := FindThreshold(logistic(r, slope, 560, 10, 18, 22), 0.1, 1, 100, 0.95)
			e := FindThreshold(logistic(r, slope, 560, 10, 18, 19, 20, 21, 22, 40), 0.1, 1, 100, 0.95)
			if e.Low <= 20 && 20 <= e.High {
				held++
			}
			width, wider = width+e.High-e.Low, wider+few.High-few.Low
		}
		if held < trials*90/100 {
			t.Errorf("slope %v: the interval held the truth in %d of %d", slope, held, trials)
		}
		if !(width < wider) || width/trials > 8 {
			t.Errorf("slope %v: the interval is %.2f wide on average, %.2f with fewer doses", slope, width/trials, wider/trials)
		}
	}
}

// TestThresholdBeyond checks what is said of a crossing outside the loads searched.
func TestThresholdBeyond(t *testing.T) {
	r := NewRand(2, "beyond")
	if e := FindThreshold(logistic(r, 30, 560, 2, 4, 8, 8), 0.1, 2, 8, 0.95); e.Above < 0.99 || e.High != 8 {
		t.Errorf("no dose misses: %+v", e)
	}
	if e := FindThreshold(logistic(r, 30, 560, 40, 40), 0.1, 40, 100, 0.95); e.Below < 0.99 || e.Low != 40 {
		t.Errorf("every dose misses: %+v", e)
	}
}

// TestThresholdBetween checks the bounds where no dose saw both: between them.
func TestThresholdBetween(t *testing.T) {
	all := func(load, over float64) Dose {
		return Dose{Load: load, Over: []float64{over, over}, Of: []float64{200, 200}}
	}
	e := FindThreshold([]Dose{all(10, 0), all(20, 200)}, 0.1, 1, 100, 0.95)
	if e.Low < 9 || e.High > 21 || e.High/e.Low < 1.4 {
		t.Errorf("between 10 and 20: %+v", e)
	}
}

// TestBurstsWiden checks that misses that come together count for less.
func TestBurstsWiden(t *testing.T) {
	dose := func(load float64, burst bool) Dose {
		d := Dose{Load: load}
		for i := range 28 {
			over := 10.0
			if burst {
				over = []float64{0, 40}[i/7%4/3]
			}
			d.Over, d.Of = append(d.Over, over), append(d.Of, 100)
		}
		return d
	}
	even := FindThreshold([]Dose{dose(19, false), dose(21, false)}, 0.1, 1, 100, 0.95)
	burst := FindThreshold([]Dose{dose(19, true), dose(21, true)}, 0.1, 1, 100, 0.95)
	if burst.Dispersion < 20*even.Dispersion || burst.High-burst.Low < 2*(even.High-even.Low) {
		t.Errorf("even %+v, in bursts %+v", even, burst)
	}
}

// FuzzThreshold checks the invariants for any counts: bounds in order, within the
// loads searched, and probabilities.
func FuzzThreshold(f *testing.F) {
	f.Add(uint16(3), uint16(100), uint16(50), uint16(100), 10.0, 0.1)
	f.Add(uint16(0), uint16(0), uint16(0), uint16(0), 1.0, 0.01)
	f.Fuzz(func(t *testing.T, k1, n1, k2, n2 uint16, load, share float64) {
		if !(load >= 1 && load <= 100) || !(share >= 1e-4 && share <= 0.99) {
			t.Skip()
		}
		dose := func(k, n uint16, load float64) Dose {
			return Dose{Load: load, Over: []float64{float64(min(k, n))}, Of: []float64{float64(n)}}
		}
		e := FindThreshold([]Dose{dose(k1, n1, load), dose(k2, n2, 1.5*load)}, share, 1, 200, 0.95)
		if !(1 <= e.Low && e.Low <= e.Value && e.Value <= e.High && e.High <= 200) {
			t.Errorf("bounds out of order: %+v", e)
		}
		if !(e.Below >= 0 && e.Above >= -1e-9 && e.Below+e.Above <= 1+1e-9) || !(e.Dispersion >= 1) {
			t.Errorf("impossible: %+v", e)
		}
	})
}
