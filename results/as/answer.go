package as

import (
	"switchover/results"
)

// answer is one attempt as a client without a schedule would see it.
type answer struct {
	*results.Record
	posted results.Instant // handed to the HTTP client: connecting included, waiting for its turn not
	pieces []piece
}

// piece is one event with content.
type piece struct {
	at     int64
	tokens int
	kind   string
}

func newAnswer(r *results.Record) *answer {
	kept := *r // All's are good for a moment
	kept.Chunks = nil
	if r.Error != nil {
		failure := *r.Error
		kept.Error = &failure
	}
	a := &answer{Record: &kept}
	t, ok := r.Start.Get()
	if !ok {
		return a
	}
	a.posted = results.Known(t - r.DNS.Or(0) - r.Connect.Or(0) - r.TLS.Or(0))
	for _, c := range r.Chunks {
		t += int64(c.Gap)
		a.pieces = append(a.pieces, piece{t, c.Tokens, c.Kind})
	}
	return a
}

// since is the time from the request's posting to an instant, in seconds.
func (a *answer) since(t int64) float64 { return float64(t-a.posted.Or(0)) / 1e9 }

// of returns the pieces of the kinds named.
func (a *answer) of(kinds string) []piece {
	var out []piece
	for _, p := range a.pieces {
		for _, k := range kinds {
			if p.kind == string(k) {
				out = append(out, p)
			}
		}
	}
	return out
}

// counted adds up the tokens of the kinds named.
func (a *answer) counted(kinds string) (n int) {
	for _, p := range a.of(kinds) {
		n += p.tokens
	}
	return n
}

// usage is the provider's count of output tokens, else one for each event with
// content.
func (a *answer) usage() int { return a.OutputTokens.Or(len(a.pieces)) }

// ended reports whether a client that does not look for the terminal marker
// takes the attempt for a success.
func (a *answer) ended() bool { return a.Complete || a.CleanEnd }

// firstEvent and lastEvent are those of the events with choices; of records that
// do not have them, of the events with content.
func (a *answer) firstEvent() (int64, bool) {
	if t, ok := a.FirstEvent.Get(); ok {
		return t, true
	}
	return a.FirstToken.Get()
}

func (a *answer) lastEvent() (int64, bool) {
	if t, ok := a.LastEvent.Get(); ok {
		return t, true
	}
	return a.LastToken.Get()
}

// events are the instants of the events with choices. Of those without content a
// record has the first, the last and how many there were: the others count as
// simultaneous with the event before, which all but EventsUntimed of them were.
func (a *answer) events() []int64 {
	first, ok := a.firstEvent()
	if !ok {
		return nil
	}
	last, _ := a.lastEvent()
	var at []int64
	if len(a.pieces) == 0 || first < a.pieces[0].at {
		at = append(at, first)
	}
	for _, p := range a.pieces {
		at = append(at, p.at)
	}
	if n := len(at); last > at[n-1] {
		at = append(at, last)
	}
	// One event with reasoning and content is two pieces of one instant.
	for i := len(at) - 1; i > 0 && a.Events > 0 && len(at) > a.Events; i-- {
		if at[i] == at[i-1] {
			at = append(at[:i], at[i+1:]...)
		}
	}
	return at
}
