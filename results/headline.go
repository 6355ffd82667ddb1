package results

// headline is the stage whose figures are a target's: the last measured one whose
// load stands for use. The points of a sweep are for comparing loads and count only
// where there is nothing else, the last of them then; the probes of a capacity
// search ask too much on purpose and never count. Empty where there is none.
func (r *Run) headline() string {
	stage, point := "", ""
	for _, s := range r.Stages {
		switch {
		case !s.Measure || s.Search != nil:
		case s.Sweep != "":
			point = s.Name
		default:
			stage = s.Name
		}
	}
	if stage == "" {
		return point
	}
	return stage
}

// noHeadline says why a target has no figures of its own.
func (r *Run) noHeadline() string {
	for _, s := range r.Stages {
		if s.Measure && s.Search != nil {
			return "the load is a capacity search alone, which asks too much on purpose: add a stage of the load that you expect"
		}
	}
	return "no stage of the load is measured"
}
