package stats

import "math"

// Dose is one stretch of load: how often a limit was missed in each of its blocks
// of time, in order. Blocks should be short; what depends on its neighbours is
// found and allowed for.
type Dose struct {
	Load     float64 // > 0
	Over, Of []float64
}

// Threshold is the load at which a share of misses crosses its limit.
type Threshold struct {
	// Value is the median of the crossing, Low and High its central interval at the
	// level, all within the loads that were searched.
	Value, Low, High float64
	// Below and Above are how likely it is that the crossing lies below the lowest
	// of these loads, or above the highest.
	Below, Above float64
	// Dispersion is how much more the misses scatter than independent ones: 1 is
	// not at all.
	Dispersion float64
}

const (
	crossings, slopes = 120, 16 // of the grid
	// A slope is in logits of the share per unit of the logarithm of the load: at
	// 1.5 the odds of a miss grow by half with a third more load, at 300 they go from
	// one in a thousand to nearly all within 5 %.
	flattest, steepest = 1.5, 300.0
	// beyond is how far outside the searched loads a crossing can lie, as a factor;
	// further away would be the same answer.
	beyond = 4.0
	// lapse is the share of misses, and of hits, that have nothing to do with the load.
	lapse = 0.002
	// nearby is the distance from the crossing, in the logarithm of the load, within
	// which a dose counts in full. Further away it counts by the inverse square,
	// because the curve is a logistic one only nearby.
	nearby = 0.25
	// hidden is by how much the scatter between stretches of time within a dose falls
	// short of that between whole doses when requests far apart still depend on each
	// other, as they do near saturation. Chosen so that the intervals of simulated
	// searches hold; see the package results.
	hidden = 1.5
)

// FindThreshold estimates the load at which the share of misses crosses share,
// within (0, 1), from doses between the loads least and most, 0 < least < most.
//
// The share is taken to rise with the load as a logistic curve of its logarithm.
// Crossing and slope have a flat prior on a logarithmic grid, and the posterior's
// quantiles are the estimate: the Bayesian threshold estimation of psychophysics
// (Watson and Pelli, "QUEST", Perception & Psychophysics 33, 1983; Kontsevich and
// Tyler, Vision Research 39, 1999), which needs no dose on both sides and no miss
// at all to give bounds. Misses come in bursts, so their counts are divided by
// their dispersion: the largest of what batches of 1, 2, 4 and 7 blocks and whole
// doses show (quasi-likelihood: McCullagh and Nelder, "Generalized Linear Models",
// 2nd ed., section 4.5), with a Student's t in place of the normal for as few
// degrees of freedom as it rests on.
//
// Note: an isotonic fit makes no assumption about the curve, but has no bounds
// where no dose stands, and the search puts its doses close together.
func FindThreshold(doses []Dose, share, least, most, level float64) Threshold {
	f := newFit(doses, share)
	lowest, highest := math.Log(least/beyond), math.Log(most*beyond)
	x := crossing{lowest, (highest - lowest) / (crossings - 1), make([]float64, crossings)}
	f.posterior(&x)
	for range 3 {
		f.focus(x.quantile(0.5))
		f.disperse(&x, doses)
		// The next pass looks closer.
		lo, hi := x.quantile(1e-4), x.quantile(1-1e-4)
		pad := 0.3*(hi-lo) + 1e-3
		x.from = max(lowest, lo-pad)
		x.step = (min(highest, hi+pad) - x.from) / (crossings - 1)
		f.posterior(&x)
	}
	tail := (1 - level) / 2
	at := func(q float64) float64 { return min(max(math.Exp(x.quantile(q)), least), most) }
	return Threshold{Value: at(0.5), Low: at(tail), High: at(1 - tail),
		Below: x.below(math.Log(least)), Above: 1 - x.below(math.Log(most)), Dispersion: f.phi}
}

// fit is the doses with what they weigh.
type fit struct {
	seen    []seen
	logit   float64 // of the share
	phi, df float64
}

// seen is one dose, its blocks added up.
type seen struct{ x, over, of, weight float64 }

func newFit(doses []Dose, share float64) *fit {
	f := &fit{logit: math.Log(share / (1 - share)), phi: 1, df: math.Inf(1)}
	for _, d := range doses {
		s := seen{x: math.Log(d.Load), weight: 1}
		for i := range d.Of {
			s.over += d.Over[i]
			s.of += d.Of[i]
		}
		f.seen = append(f.seen, s)
	}
	return f
}

// focus weighs the doses by their distance from a crossing.
func (f *fit) focus(x float64) {
	for i := range f.seen {
		off := math.Abs(f.seen[i].x-x) / nearby
		f.seen[i].weight = 1 / max(1, off*off)
	}
}

func slope(k int) float64 {
	return flattest * math.Pow(steepest/flattest, float64(k)/(slopes-1))
}

// miss is the share of misses at a load, the crossing and slope given.
func (f *fit) miss(load, x, slope float64) float64 {
	return lapse + (1-2*lapse)/(1+math.Exp(-(f.logit+slope*(load-x))))
}

// likelihood is the logarithm of that of the counts as if they were independent.
func (f *fit) likelihood(x, slope float64) float64 {
	var l float64
	for _, s := range f.seen {
		p := f.miss(s.x, x, slope)
		l += s.weight * (s.over*math.Log(p) + (s.of-s.over)*math.Log1p(-p))
	}
	return l
}

// posterior fills in how likely each crossing is.
func (f *fit) posterior(x *crossing) {
	all := make([]float64, 0, crossings*slopes)
	most := math.Inf(-1)
	for i := range x.p {
		for k := range slopes {
			l := f.likelihood(x.at(i), slope(k)) / f.phi
			all, most = append(all, l), max(most, l)
		}
	}
	var sum float64
	for i := range x.p {
		x.p[i] = 0
		for _, l := range all[i*slopes : (i+1)*slopes] {
			l -= most
			if !math.IsInf(f.df, 1) {
				l = -(f.df + 1) / 2 * math.Log1p(-2*l/f.df)
			}
			x.p[i] += math.Exp(l)
		}
		sum += x.p[i]
	}
	for i := range x.p {
		x.p[i] /= sum
	}
}

// disperse finds the dispersion around the best curve, and what it rests on.
func (f *fit) disperse(x *crossing, doses []Dose) {
	f.phi, f.df = 1, math.Inf(1)
	for _, batch := range []int{1, 2, 4, 7} {
		var squares, free float64
		for i, d := range doses {
			s, n := f.seen[i].scatter(d, batch)
			squares += f.seen[i].weight * s
			free += f.seen[i].weight * n
		}
		f.larger(hidden*squares, free, 2)
	}
	best, bestX, bestSlope := math.Inf(-1), 0.0, 0.0
	for i := range x.p {
		for k := range slopes {
			if l := f.likelihood(x.at(i), slope(k)); l > best {
				best, bestX, bestSlope = l, x.at(i), slope(k)
			}
		}
	}
	squares, free := 0.0, -2.0 // the curve takes two
	for _, s := range f.seen {
		if p := f.miss(s.x, bestX, bestSlope); s.of*p*(1-p) >= 1 {
			off := s.over - s.of*p
			squares += s.weight * off * off / (s.of * p * (1 - p))
			free += s.weight
		}
	}
	f.larger(squares, free, 1)
}

// larger takes a dispersion that rests on at least as many degrees of freedom and
// is larger than the one there is.
func (f *fit) larger(squares, free, least float64) {
	if free >= least && squares/free > f.phi {
		f.phi, f.df = squares/free, free
	}
}

// scatter is Pearson's chi-squared of batches of blocks around the dose's own
// share, with its degrees of freedom; none where there are too few misses or hits
// to tell.
func (s seen) scatter(d Dose, batch int) (squares, free float64) {
	const fewest = 3
	p := s.over / s.of
	if s.of == 0 || s.of*p*(1-p) < fewest {
		return 0, 0
	}
	batches := 0
	for i := 0; i+batch <= len(d.Of); i += batch {
		var over, of float64
		for j := range batch {
			over += d.Over[i+j]
			of += d.Of[i+j]
		}
		if of > 0 {
			batches++
			squares += (over - of*p) * (over - of*p) / (of * p * (1 - p))
		}
	}
	if batches < 2 {
		return 0, 0
	}
	return squares, float64(batches - 1)
}

// crossing is the posterior of the crossing's logarithm on an even grid.
type crossing struct {
	from, step float64
	p          []float64
}

func (x *crossing) at(i int) float64 { return x.from + float64(i)*x.step }

// quantile spreads the mass of a grid point evenly over its step.
func (x *crossing) quantile(q float64) float64 {
	var sum float64
	for i, p := range x.p {
		if p > 0 && sum+p >= q {
			return x.at(i) + x.step*((q-sum)/p-0.5)
		}
		sum += p
	}
	return x.at(len(x.p) - 1)
}

// below is the mass below a point.
func (x *crossing) below(at float64) float64 {
	var sum float64
	for i, p := range x.p {
		sum += p * min(1, max(0, (at-x.at(i))/x.step+0.5))
	}
	return sum
}
