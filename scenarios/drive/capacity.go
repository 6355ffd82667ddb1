package drive

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"switchover/results"
	"switchover/scenarios"
)

// search carries out a capacity search, or what earlier segments left of it: round
// after round of windows, each a leg of its own, every target at its own load. All
// windows of a round last as long and begin together, so that targets meet the same
// minutes; while some targets still explore, in short windows, the others wait.
// A window that a stop or a kill cut is no evidence: its load is probed again.
func (d *driver) search(stage *scenarios.PlannedStage, p part, sum *client) error {
	h := &hunt{d: d, stage: stage, part: p, limits: d.cfg.Plan.Scenario.Policy().Limits(), probes: make(map[*lane][]results.Probe)}
	defer h.done()
	h.recall(d.cfg.Resume)
	d.emit(newEvent(d.cfg.Segment, d.now(), results.EventStageStart, p.solo, stage.Name, nil))
	for !d.halted() {
		round, err := h.round()
		if err != nil {
			return err
		}
		if round == nil {
			break
		}
		l := d.newLeg(round.stage, stage.Name, part{round.lanes, p.solo})
		l.probing = round
		err = l.run(&leftover{lanes: round.rests})
		sum.add(l)
		if err != nil {
			return err
		}
		for lane, probe := range round.evidence() {
			h.probes[lane] = append(h.probes[lane], probe)
			h.tell(lane)
		}
	}
	end := results.StageEnd{LastIntended: int64(d.now()), Cut: d.halted()}
	d.emit(newEvent(d.cfg.Segment, d.now(), results.EventStageEnd, p.solo, stage.Name, end))
	return d.failure()
}

// hunt is one capacity search of several targets.
type hunt struct {
	d      *driver
	stage  *scenarios.PlannedStage
	part   part
	limits results.Limits
	probes map[*lane][]results.Probe
	number int // of the next round
}

// recall takes over the windows that earlier segments finished.
func (h *hunt) recall(past *results.Data) {
	if past == nil {
		return
	}
	for i := range past.Events {
		e := &past.Events[i]
		var start results.ProbeStart
		if e.Kind == results.EventProbe && e.Stage == h.stage.Name && json.Unmarshal(e.Data, &start) == nil {
			h.number = max(h.number, start.Number+1)
		}
	}
	for _, lane := range h.part.lanes {
		h.probes[lane] = results.Probes(past, h.stage.Name, lane.name)
		h.tell(lane)
	}
}

// round draws the next windows; nil when every search is over.
func (h *hunt) round() (*probing, error) {
	r := &probing{hunt: h, rests: make(map[string]*rest), windows: make(map[*lane]*window)}
	var length time.Duration
	exploring := false
	search := h.stage.Search
	for _, one := range h.part.lanes {
		if h.d.isQuarantined(one) {
			continue
		}
		load, long, whole, end := search.Next(h.limits, h.probes[one])
		if end != "" {
			continue
		}
		if !whole && !exploring { // those who would narrow down wait
			exploring, length, r.windows = true, 0, make(map[*lane]*window)
		}
		if whole && exploring {
			continue
		}
		length = max(length, long)
		r.windows[one] = &window{ProbeStart: results.ProbeStart{Number: h.number, Load: load, Whole: whole}}
	}
	if len(r.windows) == 0 {
		return nil, nil
	}
	h.number++
	for _, one := range h.part.lanes { // in their order
		w := r.windows[one]
		if w == nil {
			continue
		}
		drawn, err := h.d.cfg.Plan.Probe(h.stage, w.Number, w.Load, length)
		if err != nil {
			return nil, fmt.Errorf("drive: %w", err)
		}
		w.Length = int64(length)
		if search.Over == results.OverRate {
			w.Starts = len(drawn.Starts)
		}
		r.lanes = append(r.lanes, one)
		r.rests[one.name] = &rest{starts: drawn.Starts, probe: &drawn}
		if r.stage == nil || len(drawn.Starts) > len(r.stage.Starts) {
			r.stage = &drawn
		}
	}
	return r, nil
}

// tell keeps what the progress display shows of a target's search.
func (h *hunt) tell(lane *lane) {
	s := h.stage.Search
	text := ""
	if probes := h.probes[lane]; len(probes) > 0 {
		est := s.Estimate(h.limits, probes)
		if est.Value > 0 {
			text = fmt.Sprintf("capacity %s to %s so far", s.Amount(est.Low), s.Amount(est.High))
		}
	}
	h.d.mu.Lock()
	lane.search = text
	h.d.mu.Unlock()
}

// done leaves the display to the next stage.
func (h *hunt) done() {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	for _, lane := range h.part.lanes {
		lane.probe, lane.search = "", ""
	}
}

// window is one target's share of a round: what was asked for, and what came of it.
type window struct {
	results.ProbeStart
	answers map[answerKey]results.Answered // the last attempt of a request counts
	dropped []int64
}

type answerKey struct{ session, turn int }

// probing is one round: a window for each target that takes part.
type probing struct {
	hunt  *hunt
	stage *scenarios.PlannedStage // the one with most conversations
	lanes []*lane
	rests map[string]*rest

	mu      sync.Mutex
	windows map[*lane]*window
}

// begin journals the windows, once the clock runs.
func (p *probing) begin(l *leg) {
	for _, lane := range p.lanes {
		w := p.windows[lane]
		w.answers = make(map[answerKey]results.Answered)
		l.d.mu.Lock()
		lane.probe = fmt.Sprintf("probe %d at %s", w.Number+1, p.hunt.stage.Search.Amount(w.Load))
		l.d.mu.Unlock()
		l.d.emit(newEvent(l.d.cfg.Segment, l.began, results.EventProbe, lane.name, l.stage.Name, w.ProbeStart))
	}
}

// end journals which windows are evidence: those of targets still asked, in a
// round that nothing stopped.
func (p *probing) end(l *leg, stopped bool) {
	for _, lane := range p.lanes {
		if stopped || l.d.isQuarantined(lane) {
			delete(p.windows, lane)
		} else {
			l.d.emit(l.event(results.EventProbeEnd, lane.name, p.windows[lane].ProbeStart))
		}
		l.d.mu.Lock()
		lane.probe = ""
		l.d.mu.Unlock()
	}
}

// saw keeps an attempt; its later ones replace it.
func (p *probing) saw(lane *lane, rec *results.Record) {
	if p == nil {
		return
	}
	a, ok := p.hunt.limits.Answer(rec)
	p.mu.Lock()
	defer p.mu.Unlock()
	key := answerKey{rec.Session, rec.Turn}
	if delete(p.windows[lane].answers, key); ok {
		p.windows[lane].answers[key] = a
	}
}

// lost keeps a departure that could not leave.
func (p *probing) lost(lane *lane, at int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.windows[lane].dropped = append(p.windows[lane].dropped, at)
}

// evidence is what the round's whole windows show.
func (p *probing) evidence() map[*lane]results.Probe {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[*lane]results.Probe)
	for lane, w := range p.windows {
		answers := make([]results.Answered, 0, len(w.answers))
		for _, a := range w.answers {
			answers = append(answers, a)
		}
		out[lane] = p.hunt.stage.Search.Probe(p.hunt.limits, w.ProbeStart, answers, w.dropped)
	}
	return out
}
