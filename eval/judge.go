// Package eval has dialogues judged. A judge is a target asked for a strict JSON
// verdict on one whole conversation: a whole number from 0 to 5 for each
// criterion. What cannot be read after two repairs is unscored: kept, counted,
// and never a zero.
//
// The judged text is data between delimiters drawn for each request, with the
// candidates' names masked. What the judge sees as the task is the workload's own
// system prompt, also where a target was told something else in its place: that
// is part of the candidate, and the dialogues that are compared must look alike.
//
// The package refuses to judge a dialogue with a missing answer, to read a score
// out of prose, and to draw any conclusion: verdicts go to the journal, and
// results makes figures of them.
//
// Note: judges are asked through targets like everything else, not through a
// vendor's client, so that any protocol can judge and one place handles time
// limits, error classes, cost and the removal of keys.
package eval

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"switchover/results"
	"switchover/targets"
	"switchover/targets/chat"
)

// Asker is the part of a target that judging needs.
type Asker interface {
	Spec() targets.Spec
	Ask(ctx context.Context, zero time.Time, req chat.Request, rec *results.Record)
}

// Config is one judging of a run.
type Config struct {
	Judges   []Asker
	Criteria []string // names from Criteria
	// Masks are names hidden from the judge: the candidates' and their models'.
	Masks []string
	// Parallel is how many calls each judge gets at once; default 4.
	Parallel int
	// Budget is what may still be used; the zero value has no limit.
	Budget Budget
	// Done are verdicts of an earlier segment; what they scored is not asked again.
	Done   []results.Verdict
	Random io.Reader // of the delimiters
	Zero   time.Time // of the run's clock
	// Keep stores a verdict as soon as it is there; an error stops the judging.
	Keep func(*results.Verdict) error
	// Progress, when set, is told after each verdict.
	Progress func(done, total int)
}

// Bounds of one verdict.
const (
	maxRepairs   = 2   // further replies asked for when one cannot be read
	maxTokens    = 600 // of a judge's reply
	defaultCalls = 4
)

// Run judges the dialogues by every judge. It returns the first error of Keep,
// one that wraps ErrBudget, or the context's; verdicts kept until then stand.
func Run(ctx context.Context, cfg Config, dialogues []Dialogue) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if end := cfg.Budget.Until; !end.IsZero() {
		var release context.CancelFunc
		ctx, release = context.WithDeadlineCause(ctx, end.Add(Grace), errTime)
		defer release()
	}
	p := &panel{cfg: cfg, abort: cancel, broke: make(chan struct{})}
	jobs := p.jobs(dialogues)
	p.total = len(jobs)
	var wg sync.WaitGroup
	for _, j := range cfg.Judges {
		queue := make(chan Dialogue)
		judge := &judge{panel: p, target: j}
		calls := cfg.Parallel
		if calls <= 0 {
			calls = defaultCalls
		}
		for range calls {
			wg.Go(func() {
				for d := range queue {
					judge.one(ctx, d)
				}
			})
		}
		wg.Go(func() {
			defer close(queue)
			for _, job := range jobs {
				if job.judge != j.Spec().Name {
					continue
				}
				select {
				case queue <- job.dialogue:
				case <-p.broke:
					return
				case <-ctx.Done():
					return
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return p.overdrawn()
}

// panel is the state that the judges of one Run share.
type panel struct {
	cfg   Config
	abort context.CancelCauseFunc // ends everything at once
	broke chan struct{}           // closed when the budget is reached: nothing more is begun
	total int

	mu    sync.Mutex
	done  int
	spent float64 // ended calls, and the worst case of those in flight
	calls int     // begun
	why   string  // nothing more is begun; empty while it is
}

type job struct {
	judge    string
	dialogue Dialogue
}

// jobs are the (judge, dialogue) pairs without a score yet. What went unscored
// is asked again: its judge may have been down, or its key wrong.
func (p *panel) jobs(dialogues []Dialogue) []job {
	have := map[[3]string]bool{}
	for _, v := range p.cfg.Done {
		if v.Unscored == "" {
			have[[3]string{v.Judge, v.Target, v.Item}] = true
		}
	}
	var out []job
	for _, j := range p.cfg.Judges {
		for _, d := range dialogues {
			name := j.Spec().Name
			if !have[[3]string{name, d.Target, d.Item}] {
				out = append(out, job{name, d})
			}
		}
	}
	return out
}

// prompt draws from the shared source of randomness, one caller at a time.
func (p *panel) prompt(d Dialogue) (prompt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return newPrompt(d, p.cfg.Criteria, p.cfg.Masks, p.cfg.Random)
}

// keep stores a verdict and reports progress.
func (p *panel) keep(v *results.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.cfg.Keep(v); err != nil {
		p.abort(fmt.Errorf("keep the verdict on %s of %s: %w", v.Item, v.Target, err))
		return
	}
	p.done++
	if p.cfg.Progress != nil {
		p.cfg.Progress(p.done, p.total)
	}
}

// draw is from [0, 1), for the jitter of a backoff; the middle where the source
// of randomness has ended.
func (p *panel) draw() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b [2]byte
	if _, err := io.ReadFull(p.cfg.Random, b[:]); err != nil {
		return 0.5
	}
	return float64(binary.BigEndian.Uint16(b[:])) / (1 << 16)
}

// judge is one judge and what was learnt about its API.
type judge struct {
	panel  *panel
	target Asker

	mu            sync.Mutex
	noTemperature bool   // the API refused temperature 0
	quarantined   string // nothing more is asked, and why
}

// one judges one dialogue. A cancelled call leaves no verdict, so that a resumed
// run asks again; neither does a dialogue that the budget let nobody ask about.
func (j *judge) one(ctx context.Context, d Dialogue) {
	pr, err := j.panel.prompt(d)
	if err != nil {
		j.panel.abort(err)
		return
	}
	spec := j.target.Spec()
	v := &results.Verdict{Target: d.Target, Item: d.Item, Records: d.Records, Judge: spec.Name,
		Revision: spec.Endpoint.Model, PromptHash: pr.hash}
	paid := &bill{}
	messages := pr.messages
	for repair := 0; ; repair++ {
		rec, err := j.ask(ctx, messages, fmt.Sprintf("judge/%s/%s/%s/%d", v.Judge, d.Target, d.Item, repair), paid)
		if err != nil && paid.calls == 0 || ctx.Err() != nil {
			return
		}
		if err != nil {
			v.Unscored = err.Error()
			break
		}
		v.Simulated = v.Simulated || rec.Simulated
		v.Revision = cmp.Or(rec.Model, v.Revision)
		if !rec.OK() {
			v.Unscored = "judge call failed: " + rec.Error.Message
			break
		}
		scores, reasons, err := parseVerdict(rec.Text, j.panel.cfg.Criteria)
		if err == nil {
			v.Scores, v.Reasons = scores, reasons
			break
		}
		if repair == maxRepairs {
			v.Unscored = "verdict unreadable: " + err.Error()
			break
		}
		// No API takes an assistant's message without content.
		reply := cmp.Or(cut(rec.Text, maxMessage), "(nothing)")
		messages = append(pr.messages[:len(pr.messages):len(pr.messages)],
			chat.Message{Role: chat.Assistant, Content: reply},
			chat.Message{Role: chat.User, Content: "That reply cannot be used: " + err.Error() + ". Reply with only the JSON object."})
	}
	v.CostUSD = paid.usd()
	j.panel.keep(v)
}

// bill adds up what the calls for one verdict cost.
type bill struct {
	calls   int
	sum     float64
	unknown bool // of a call at least
}

func (b *bill) add(rec *results.Record) {
	usd, known := rec.CostUSD.Get()
	b.calls++
	b.sum += usd
	b.unknown = b.unknown || !known
}

func (b *bill) usd() results.Opt[float64] {
	if b.unknown || b.calls == 0 {
		return results.Opt[float64]{}
	}
	return results.Known(b.sum)
}

// ask makes one call with its bounded retries, and bills each. The last
// attempt's record is returned; the error is the context's, or ErrBudget.
func (j *judge) ask(ctx context.Context, messages []chat.Message, id string, paid *bill) (*results.Record, error) {
	spec := j.target.Spec()
	for attempt := 1; ; attempt++ {
		if why := j.refused(); why != "" {
			return &results.Record{Error: &results.Error{Class: chat.Cancelled, Message: why}}, nil
		}
		req := chat.Request{ID: id, Model: spec.Endpoint.Model, Messages: messages, Params: spec.Params}
		req.Params.MaxTokens = max(req.Params.MaxTokens, maxTokens)
		switch p := &req.Params; {
		case p.Temperature != nil: // the judge's own
		case !j.takesTemperature():
			p.AsAllowed = false
		case !p.AsAllowed:
			p.Temperature = new(float64)
		}
		worst, _ := spec.Price.WorstUSD(req.MaxInputTokens(), req.Params.MaxTokens)
		if !j.panel.reserve(worst) {
			return nil, ErrBudget
		}
		rec := &results.Record{ID: id, Target: spec.Name, Attempt: attempt}
		j.target.Ask(ctx, j.panel.cfg.Zero, req, rec)
		j.panel.settle(worst, rec.Charge(worst))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		paid.add(rec)
		if rec.OK() {
			return rec, nil
		}
		if j.learn(rec, req.Params) {
			continue
		}
		wait, again := spec.Retry.Next(rec, j.panel.draw())
		if !again {
			return rec, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// learn takes from a failure what holds for every further call; true means the
// same call may succeed now.
func (j *judge) learn(rec *results.Record, sent chat.Params) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if rec.Error.Class.Quarantines() {
		j.quarantined = rec.Error.Message
	}
	if rec.Error.Class == chat.BadRequest && (sent.Temperature != nil || sent.AsAllowed) && strings.Contains(strings.ToLower(rec.Error.Message), "temperature") {
		j.noTemperature = true
		return j.target.Spec().Params.Temperature == nil
	}
	return false
}

func (j *judge) takesTemperature() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.noTemperature
}

func (j *judge) refused() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.quarantined
}
