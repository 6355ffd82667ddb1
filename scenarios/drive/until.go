package drive

import (
	"container/heap"
	"fmt"
	"sync"
	"time"

	"switchover/results"
)

const (
	// fewestConversations that each target has ended come before the first look at a
	// stage's goals; intervals of fewer say little.
	fewestConversations = 30
	// looksInARow at which every target must have reached every goal; see
	// results.Reached for what one costs.
	looksInARow = 2
	// mostWatched bounds the memory of a stage with goals, in records: what is not
	// narrow by then is left to the stage's own end.
	mostWatched = 100_000
)

// watch looks, while a leg runs, whether the goals of its stage are reached, and
// ends its arrivals when they are. Looks come after a quarter more conversations
// each, so that all of them together cost a few times the last.
type watch struct {
	leg   *leg
	goals []results.Goal
	data  results.Data  // of the stage alone; its records are below
	met   int           // looks in a row that found every goal reached
	due   chan struct{} // with room for one: it is time to look
	quit  chan struct{}
	done  chan struct{}

	mu      sync.Mutex
	records []results.Record
	ended   []int // conversations, per lane index
	next    int   // look when each target has ended so many
}

// watchGoals begins to watch a leg; nil where there is nothing to wait for.
func (l *leg) watchGoals() *watch {
	goals := l.stage.Goals()
	if len(goals) == 0 || !l.stage.Measured || l.d.past.enough[legKey{l.stage.Name, l.solo}] {
		return nil
	}
	run := *l.d.cfg.Run
	run.Stages = nil
	for _, s := range l.d.cfg.Run.Stages {
		if s.Name == l.stage.Name {
			run.Stages = append(run.Stages, s)
		}
	}
	w := &watch{leg: l, goals: goals, next: fewestConversations, ended: make([]int, len(l.d.lanes)),
		data: results.Data{Run: &run, Conversations: l.d.cfg.Plan.Items},
		due:  make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	w.recall(l.d.cfg.Resume)
	go w.look()
	return w
}

// recall takes over what earlier segments recorded of the stage.
func (w *watch) recall(past *results.Data) {
	if past == nil {
		return
	}
	for i := range past.Events {
		if e := &past.Events[i]; e.Stage == w.leg.stage.Name && e.Kind == results.EventStageEnd {
			w.data.Events = append(w.data.Events, *e)
		}
	}
	for i := range past.Records {
		if r := &past.Records[i]; r.Stage == w.leg.stage.Name && len(w.records) < mostWatched {
			w.records = append(w.records, slim(r))
		}
	}
}

// slim is what figures with an interval need of a record: neither texts nor the
// instants of single tokens.
func slim(r *results.Record) results.Record {
	out := *r
	out.Text, out.ReasoningText, out.ToolCalls = "", "", nil
	if len(r.Chunks) > 2 {
		rest := results.Chunk{Kind: r.Chunks[1].Kind}
		for _, c := range r.Chunks[1:] {
			rest.Gap += c.Gap
			rest.Tokens += c.Tokens
		}
		out.Chunks = []results.Chunk{r.Chunks[0], rest}
	}
	return out
}

// saw adds an attempt; over says that its conversation goes no further.
func (w *watch) saw(lane *lane, r *results.Record, over bool) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.records) >= mostWatched {
		return
	}
	w.records = append(w.records, slim(r))
	if len(w.records) == mostWatched {
		w.leg.d.emit(w.leg.event(results.EventWarning, "", results.Reason{Reason: fmt.Sprintf(
			"%s was not ended by %s in %d requests, and runs to its end", w.leg.stage.Name, w.leg.stage.UntilText(), mostWatched)}))
	}
	if !over {
		return
	}
	w.ended[lane.index]++
	if w.fewest() >= w.next {
		w.next = w.fewest() * 5 / 4
		select {
		case w.due <- struct{}{}:
		default: // the look before it is not over
		}
	}
}

// fewest is the smallest number of conversations that a target still asked has
// ended.
func (w *watch) fewest() int {
	least := -1
	for _, lane := range w.leg.lanes {
		if n := w.ended[lane.index]; !w.leg.d.isQuarantined(lane) && (least < 0 || n < least) {
			least = n
		}
	}
	return least
}

// look waits for looks to fall due until stop is called or the goals are reached.
func (w *watch) look() {
	defer close(w.done)
	for {
		select {
		case <-w.quit:
			return
		case <-w.due:
		}
		data := w.data
		w.mu.Lock()
		data.Records = w.records[:len(w.records):len(w.records)] // what is appended goes elsewhere
		w.mu.Unlock()
		reached := results.Reached(&data, w.leg.stage.Name, w.goals)
		w.met++
		if !w.allMet(reached) {
			w.met = 0
		}
		if w.met == looksInARow {
			w.leg.enough(w.goals, reached)
			return
		}
	}
}

// allMet reports whether every target that is still asked has reached every goal.
func (w *watch) allMet(reached []results.Reaching) bool {
	asked := 0
	for _, lane := range w.leg.lanes {
		if w.leg.d.isQuarantined(lane) {
			continue
		}
		asked++
		for _, r := range reached {
			if r.Target == lane.name && (r.Conversations < fewestConversations || !r.Met(w.goals)) {
				return false
			}
		}
	}
	return asked > 0 && len(reached) >= asked
}

// stop ends the watch and waits for a look in progress.
func (w *watch) stop() {
	if w == nil {
		return
	}
	close(w.quit)
	<-w.done
}

// enough ends the leg's arrivals now: no conversation begins any more, and those
// that have begun go on to their end, as at any stage's end.
func (l *leg) enough(goals []results.Goal, reached []results.Reaching) {
	d := l.d
	d.mu.Lock()
	now := d.now()
	if d.stopped != "" || l.gaveUp || l.timed && now >= l.began+l.length {
		d.mu.Unlock()
		return
	}
	l.timed, l.length = true, now-l.began
	after := l.before + l.length
	quarantined := map[string]bool{}
	for _, lane := range l.lanes {
		quarantined[lane.name] = lane.quarantined != ""
	}
	d.mu.Unlock()
	data := results.Enough{After: int64(after), Goals: goals}
	for _, r := range reached {
		if quarantined[r.Target] {
			continue // how far it came decided nothing
		}
		data.Reached = append(data.Reached, results.ReachedGoals{Target: r.Target, Conversations: r.Conversations, Within: r.Reach})
	}
	d.emit(newEvent(d.cfg.Segment, now, results.EventEnough, l.solo, l.stage.Name, data))
	l.board.withhold(now)
	d.changed()
}

// withhold takes the departures that begin a conversation after an instant off the
// board: they are not asked.
func (b *board) withhold(after time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var rest queue
	for _, d := range b.queue {
		if d.due <= after || d.sess.begun() {
			rest = append(rest, d)
		}
	}
	b.live -= len(b.queue) - len(rest)
	heap.Init(&rest)
	b.queue = rest
	b.signal()
}
