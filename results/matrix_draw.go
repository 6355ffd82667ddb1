package results

import (
	"slices"

	"switchover/results/stats"
)

// draws is how many resamples the shares of first place rest on.
const draws = 2000

// resampler draws the weighted figures of contenders anew: figures of speed,
// errors and cost over blocks of time, the same blocks for every target, quality
// over the dialogues judged for every target.
//
// Each draw is a figure's own value plus how far the mean of the drawn units is
// from the mean of all of them, so that the draws are centred on the figure that
// is printed, which is not in general the mean of its blocks.
type resampler struct {
	blocks    int
	dialogues []string   // items judged for every contender, sorted
	varying   [][]series // by contender, then by weighted figure
}

// series is one figure of one target by unit of resampling.
type series struct {
	byDialogue bool
	values     []*float64 // nil: the block has none
	mean       float64
	ok         bool // at least two units, so that drawing means something
}

func newResampler(ws []weighing, cs []*contender, ev *Evidence) *resampler {
	r := &resampler{varying: make([][]series, len(cs))}
	evidence := make([]TargetEvidence, len(cs))
	for i, c := range cs {
		if ev != nil {
			evidence[i] = ev.Targets[c.Target]
		}
		r.blocks = max(r.blocks, len(evidence[i].Blocks))
	}
	r.dialogues = commonDialogues(evidence)
	for i := range cs {
		r.varying[i] = make([]series, len(ws))
		for j, w := range ws {
			r.varying[i][j] = r.series(w.Figure, evidence[i])
		}
	}
	return r
}

// commonDialogues are the items every contender has a quality of.
func commonDialogues(evidence []TargetEvidence) []string {
	if len(evidence) == 0 {
		return nil
	}
	var items []string
	for item := range evidence[0].Dialogues {
		if !slices.ContainsFunc(evidence[1:], func(e TargetEvidence) bool { _, ok := e.Dialogues[item]; return !ok }) {
			items = append(items, item)
		}
	}
	slices.Sort(items)
	return items
}

func (r *resampler) series(figure string, e TargetEvidence) series {
	s := series{byDialogue: figure == "quality"}
	if s.byDialogue {
		for _, item := range r.dialogues {
			v := e.Dialogues[item]
			s.values = append(s.values, &v)
		}
	} else {
		s.values = make([]*float64, r.blocks)
		for i, block := range e.Blocks {
			if v, ok := block[figure]; ok {
				s.values[i] = &v
			}
		}
	}
	n := 0
	for _, v := range s.values {
		if v != nil {
			s.mean += *v
			n++
		}
	}
	if n > 0 {
		s.mean /= float64(n)
	}
	s.ok = n >= 2
	return s
}

// off is how far the mean over the drawn units is from the mean over all.
func (s *series) off(blocks, dialogues []int) float64 {
	if !s.ok {
		return 0
	}
	units := blocks
	if s.byDialogue {
		units = dialogues
	}
	sum, n := 0.0, 0
	for _, u := range units {
		if v := s.values[u]; v != nil {
			sum += *v
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum/float64(n) - s.mean
}

// varies reports whether any figure of any contender can be drawn.
func (r *resampler) varies() bool {
	return slices.ContainsFunc(r.varying, func(row []series) bool {
		return slices.ContainsFunc(row, func(s series) bool { return s.ok })
	})
}

// firstShares draws the utilities of the ranked and sets FirstShare. Candidates
// that tie for the first place share it.
func firstShares(seed int64, ws []weighing, cs []*contender, r *resampler) {
	gen := stats.NewRand(seed, "matrix")
	blocks, dialogues := make([]int, r.blocks), make([]int, len(r.dialogues))
	shares := make([]float64, len(cs))
	us := make([]float64, len(cs))
	drawn := make([]float64, len(ws))
	values := make([]*float64, len(ws))
	for j := range drawn {
		values[j] = &drawn[j]
	}
	for range draws {
		stats.Resample(gen, blocks, r.blocks)
		stats.Resample(gen, dialogues, len(r.dialogues))
		for i, c := range cs {
			for j := range ws {
				drawn[j] = *c.values[j] + r.varying[i][j].off(blocks, dialogues)
			}
			us[i] = utility(ws, values, 0)
		}
		award(cs, us, shares)
	}
	for i, c := range cs {
		share := shares[i] / draws
		c.FirstShare = &share
	}
}

// award adds one draw's first place to shares: to the best candidate or, in
// equal parts, candidates, and to the incumbent where it is above them all.
func award(cs []*contender, us, shares []float64) {
	best, ties := -1.0, 0
	for i, c := range cs {
		switch {
		case c.Incumbent || us[i] < best:
		case us[i] == best:
			ties++
		default:
			best, ties = us[i], 1
		}
	}
	for i, c := range cs {
		switch {
		case c.Incumbent && us[i] > best:
			shares[i]++
		case !c.Incumbent && us[i] == best:
			shares[i] += 1 / float64(ties)
		}
	}
}
