package results

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchover/results/stats"
)

// maxUnscored is the share of unscored verdicts above which nothing is claimed.
const maxUnscored = 0.02

// notJudged is why a quality figure is unknown in a run without a judge.
const notJudged = "not judged: name a judge (--judge-url and --judge-model, or eval: in the scenario)"

// noneJudged is why it is unknown where the run has a judge.
const noneJudged = "not judged: the judge read no dialogue of it"

// scores are the scored verdicts of one target: for each item and judge, the
// mean over orders and repeats of each criterion.
type scores struct {
	items  []string // in order
	by     map[string]map[string]map[string]float64
	judged Judged
}

// quality is the criterion that stands for the mean of the judged ones.
const quality = "quality"

// readScores sorts verdicts by target. A later verdict on the same dialogue by
// the same judge, order and repeat replaces the earlier.
func readScores(run *Run, verdicts []Verdict) map[string]*scores {
	type key struct {
		target, item, judge, order, records string
		repeat                              int
	}
	latest := map[key]*Verdict{}
	var order []key
	for i := range verdicts {
		v := &verdicts[i]
		k := key{v.Target, v.Item, v.Judge, v.Order, strings.Join(v.Records, "\n"), v.Repeat}
		if latest[k] == nil {
			order = append(order, k)
		}
		latest[k] = v
	}
	sums := map[string]map[string]map[string][]map[string]float64{} // target, item, judge
	out := map[string]*scores{}
	for _, k := range order {
		v := latest[k]
		s := out[v.Target]
		if s == nil {
			s = &scores{by: map[string]map[string]map[string]float64{}}
			out[v.Target] = s
			sums[v.Target] = map[string]map[string][]map[string]float64{}
		}
		s.judged.Verdicts++
		one := criteriaOf(run.Policy.Criteria, v)
		if one == nil {
			s.judged.Unscored++
			s.judged.Why = count(s.judged.Why, cmp.Or(v.Unscored, "no score"))
			continue
		}
		if sums[v.Target][v.Item] == nil {
			sums[v.Target][v.Item] = map[string][]map[string]float64{}
		}
		sums[v.Target][v.Item][v.Judge] = append(sums[v.Target][v.Item][v.Judge], one)
	}
	for target, s := range out {
		for item, judges := range sums[target] {
			s.items = append(s.items, item)
			s.by[item] = map[string]map[string]float64{}
			for judge, each := range judges {
				s.by[item][judge] = meanEach(each)
			}
		}
		slices.Sort(s.items)
		s.judged.Dialogues = len(s.items)
	}
	return out
}

// criteriaOf are the scores of one verdict and their mean; nil when unscored.
func criteriaOf(wanted []string, v *Verdict) map[string]float64 {
	if v.Unscored != "" || len(v.Scores) == 0 {
		return nil
	}
	if len(wanted) == 0 {
		for c := range v.Scores {
			wanted = append(wanted, c)
		}
	}
	one := map[string]float64{}
	var total float64
	for _, c := range wanted {
		s, ok := v.Scores[c]
		if !ok {
			return nil
		}
		one[c] = float64(s)
		total += float64(s)
	}
	one[quality] = total / float64(len(wanted))
	return one
}

// meanEach is the mean of each key over maps that may lack some.
func meanEach(maps []map[string]float64) map[string]float64 {
	sum, n := map[string]float64{}, map[string]float64{}
	for _, m := range maps {
		for k, v := range m {
			sum[k] += v
			n[k]++
		}
	}
	for k := range sum {
		sum[k] /= n[k]
	}
	return sum
}

// dialogue is one item's score on a criterion: the mean over its judges.
func (s *scores) dialogue(item, criterion string) (float64, bool) {
	var sum, n float64
	for _, judge := range sortedKeys(s.by[item]) {
		if v, ok := s.by[item][judge][criterion]; ok {
			sum += v
			n++
		}
	}
	return sum / n, n > 0
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// qualityFigures are the means over dialogues; none is why there are none.
func qualityFigures(s *scores, none string, into map[string]Figure) {
	for _, c := range []string{"coherence", "understanding", "usefulness", quality} {
		if s == nil {
			into[c] = Unknown("points", 0, none)
			continue
		}
		var groups [][]float64
		for _, item := range s.items {
			if v, ok := s.dialogue(item, c); ok {
				groups = append(groups, []float64{v})
			}
		}
		into[c] = dialogueMean(groups, s)
	}
}

func dialogueMean(groups [][]float64, s *scores) Figure {
	if len(groups) == 0 {
		return Unknown("points", 0, fmt.Sprintf("not judged: %d verdicts, %d of them unscored%s", s.judged.Verdicts, s.judged.Unscored, s.judged.mostly()))
	}
	mean, low, high, ok := stats.ClusterMean(groups, level)
	f := Figure{Value: &mean, Unit: "points", N: len(groups)}
	if !ok {
		f.Reason = "need 2"
		return f
	}
	low, high = max(0, low), min(5, high)
	f.Low, f.High = &low, &high
	return f
}

// blocked says why the verdicts on a target allow no claim, empty when they do.
func (s *scores) blocked(target string) string {
	if share := float64(s.judged.Unscored) / float64(s.judged.Verdicts); share > maxUnscored {
		return fmt.Sprintf("%d of %d verdicts on %s are unscored, more than %.0f %%: no claim about its quality%s",
			s.judged.Unscored, s.judged.Verdicts, target, 100*maxUnscored, s.judged.mostly())
	}
	return ""
}

// mostly is the commonest reason why verdicts are unscored, with how many have
// it; of equals, the first by the alphabet.
func (j *Judged) mostly() string {
	most := ""
	for _, why := range slices.Sorted(maps.Keys(j.Why)) {
		if most == "" || j.Why[why] > j.Why[most] {
			most = why
		}
	}
	if most == "" {
		return ""
	}
	return fmt.Sprintf(" (%d: %s)", j.Why[most], clipped(most))
}

// compare fills the difference from the incumbent: the same items by the same
// judges.
func (s *scores) compare(inc *scores, target, incumbent string, margin float64) {
	var d []float64
	for _, item := range s.items {
		if v, ok := itemDifference(s.by[item], inc.by[item]); ok {
			d = append(d, v)
		}
	}
	f := Unknown("points", 0, "no item was judged for both by the same judge")
	s.judged.Difference = &f
	if len(d) == 0 {
		return
	}
	groups := make([][]float64, len(d))
	for i, v := range d {
		groups[i] = []float64{v}
	}
	diff, ok := stats.Paired(groups, level)
	f = Figure{Value: &diff.Mean, Unit: "points", N: len(d)}
	if !ok {
		f.Reason = "need 2"
		return
	}
	f.Low, f.High = &diff.Low, &diff.High
	if f.Reason = cmp.Or(s.blocked(target), inc.blocked(incumbent)); f.Reason != "" {
		return
	}
	s.judged.LowerOneSided, s.judged.UpperOneSided = &diff.Lower, &diff.Upper
	if margin > 0 {
		s.judged.More = stats.NonInferior(d, margin).More
	}
}

// itemDifference is the mean difference over the judges that scored both.
func itemDifference(a, b map[string]map[string]float64) (float64, bool) {
	var sum, n float64
	for _, judge := range sortedKeys(a) {
		if other, ok := b[judge]; ok {
			sum += a[judge][quality] - other[quality]
			n++
		}
	}
	return sum / n, n > 0
}
