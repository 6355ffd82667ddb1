package drive

import (
	"cmp"
	"slices"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
)

// Losses is what a target's protocol would lose of a plan's requests.
type Losses struct {
	// Requests are the plan's different requests: each turn of each conversation that
	// its stages can draw, however often it is asked. Lossy are those that lose
	// something.
	Requests, Lossy int
	// Fields are what is lost, in the order of the fields, the worst fate first.
	Fields []FieldLoss
	// Unsaid are requests that cannot be written at all, and Why the first of them cannot.
	Unsaid int
	Why    string
}

// FieldLoss is a field with what becomes of it in some requests.
type FieldLoss struct {
	chat.Loss
	Requests int
}

// Reasons say why each field is lost, by the loss as records have it; nil where nothing
// is.
func (l *Losses) Reasons() map[string]string {
	var out map[string]string
	for _, f := range l.Fields {
		if f.Why != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[f.Loss.String()] = f.Why
		}
	}
	return out
}

// nowhere stands for the address of a server that is not there yet.
const nowhere = "http://localhost"

// What LossesOf writes out. Of further requests those alone are that have other fields
// than all before: what becomes of the same fields differs by a value at most.
const (
	maxWritten      = 2000
	maxWrittenBytes = 64 << 20
)

// LossesOf says what a target would lose of a plan's requests, by writing them as they
// would be sent. Nothing is sent.
func LossesOf(p *scenarios.Plan, spec targets.Spec) *Losses {
	w := newLossWriter(&spec)
	for _, item := range drawn(p) {
		w.conversation(&p.Items[item])
	}
	return &w.sum
}

// LossesOfOne says what a target would lose of one request. Nothing is sent.
func LossesOfOne(spec targets.Spec, req chat.Request) *Losses {
	w := newLossWriter(&spec)
	w.add(w.write(&req, 0), 1)
	return &w.sum
}

// newLossWriter writes for a target, which need not have an address yet.
func newLossWriter(spec *targets.Spec) *lossWriter {
	ep := &spec.Endpoint
	ep.URL, ep.Region = cmp.Or(ep.URL, nowhere), cmp.Or(ep.Region, "us-east-1")
	return &lossWriter{spec: spec, same: map[chat.FieldSet]*written{}}
}

// drawn are the conversations that the plan's stages can ask, in their order.
func drawn(p *scenarios.Plan) []int {
	var out []int
	seen := make([]bool, len(p.Items))
	take := func(item int) {
		if !seen[item] {
			seen[item] = true
			out = append(out, item)
		}
	}
	for _, st := range p.Stages {
		for _, start := range st.Starts {
			take(start.Item)
		}
		if st.Search != nil {
			for item := range p.Items {
				take(item)
			}
		}
	}
	slices.Sort(out)
	return out
}

// lossWriter writes requests and sums up what they lose.
type lossWriter struct {
	spec         *targets.Spec
	sum          Losses
	same         map[chat.FieldSet]*written // the latest of these fields
	count, bytes int
}

// written is what was seen when a request was written.
type written struct {
	losses []chat.Loss
	err    error
}

func (w *lossWriter) conversation(c *results.Conversation) {
	s := session{conv: c}
	for turn := range c.Turns {
		alike := 1
		if turn == 1 && c.Parts == nil {
			alike = len(c.Turns) - 1 // the later ones have the same fields
		}
		s.turn = turn
		req := s.request(w.spec, "")
		w.add(w.write(&req, c.TextBytes()), alike)
		if alike > 1 {
			return
		}
		s.answers = append(s.answers, "An answer.")
	}
}

// write writes a request of a conversation of that size, unless one like it will do.
func (w *lossWriter) write(req *chat.Request, size int) *written {
	has := req.Fields()
	known := w.same[has]
	if known != nil && (w.count >= maxWritten || w.bytes >= maxWrittenBytes) {
		return known
	}
	w.count++
	w.bytes += size
	out := &written{}
	_, out.losses, out.err = w.spec.Protocol.Encode(w.spec.Endpoint, *req)
	w.same[has] = out
	return out
}

// add counts what so many requests lose.
func (w *lossWriter) add(of *written, requests int) {
	w.sum.Requests += requests
	if len(of.losses) > 0 {
		w.sum.Lossy += requests
	}
	rejected := false
	for i, l := range of.losses {
		rejected = rejected || l.Fate == chat.Rejected
		if slices.ContainsFunc(of.losses[:i], func(o chat.Loss) bool { return o.Field == l.Field && o.Fate == l.Fate }) {
			continue
		}
		at, found := slices.BinarySearchFunc(w.sum.Fields, l, func(have FieldLoss, l chat.Loss) int {
			return cmp.Or(cmp.Compare(have.Field, l.Field), l.Fate.Compare(have.Fate))
		})
		if !found {
			w.sum.Fields = slices.Insert(w.sum.Fields, at, FieldLoss{Loss: l})
		}
		w.sum.Fields[at].Requests += requests
	}
	if of.err != nil && !rejected {
		if w.sum.Unsaid += requests; w.sum.Why == "" {
			w.sum.Why = of.err.Error()
		}
	}
}
